"""`all_of`: a row passes every one of several checks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import narwhals.stable.v2 as nw

from dq_monitor.checks._base import Row
from dq_monitor.checks._nested import Several
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class AllOf(Several, Row):
    """A row passes every one of several checks.

    Passes where all of `rules` pass, fails where one fails, unknown where none fails and one is
    unknown: as AND in SQL. Each is written as in a rule, without options. By itself it is one rule
    and one threshold for what would be several; it is needed within `any_of` and `when_then`.

    Example:
        - all_of:
            - not_null: tailnum
            - in_range: {column: air_time, min: 1, max: 1440}

    """

    fault: ClassVar[str] = "a part fails"

    def passes(self, view: View) -> nw.Expr:
        """Return whether all pass."""
        return nw.all_horizontal(*(part.passes(view) for part in self.rules), ignore_nulls=False)
