"""`none_of`: a row passes not one of several checks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import narwhals.stable.v2 as nw

from dq_monitor.checks._base import Row
from dq_monitor.checks._nested import Several
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class NoneOf(Several, Row):
    """A row passes not one of several checks.

    Passes where all of `rules` fail, fails where one passes, unknown where none passes and one is
    unknown: as NOT (... OR ...) in SQL. With a single check it is that check's opposite. Each is
    written as in a rule, without options.

    Example:
        - none_of:
            - matches: {column: tailnum, pattern: "^D"}
            - in_set: {column: tailnum, values: [UNKNOWN, N00000]}

    """

    fault: ClassVar[str] = "a part passes"

    def passes(self, view: View) -> nw.Expr:
        """Return whether none passes."""
        return ~nw.any_horizontal(*(part.passes(view) for part in self.rules), ignore_nulls=False)
