"""`any_of`: a row passes at least one of several checks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import narwhals.stable.v2 as nw

from dq_monitor.checks._base import Row
from dq_monitor.checks._nested import Several
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyOf(Several, Row):
    """A row passes at least one of several checks.

    Passes where one of `rules` passes, fails where all fail, unknown where none passes and one is
    unknown: as OR in SQL. Each is written as in a rule, without options.

    Example:
        - any_of:
            - is_null: tailnum
            - matches: {column: tailnum, pattern: "N[0-9]{1,5}[A-Z]{0,2}", full: true}

    """

    fault: ClassVar[str] = "no part passes"

    def passes(self, view: View) -> nw.Expr:
        """Return whether one passes."""
        return nw.any_horizontal(*(part.passes(view) for part in self.rules), ignore_nulls=False)
