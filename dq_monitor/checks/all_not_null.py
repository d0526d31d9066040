"""`all_not_null`: each of several columns has a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import narwhals.stable.v2 as nw

from dq_monitor.checks._base import Row, SeveralColumns
from dq_monitor.expression.types import column
from dq_monitor.model.check import Family
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class AllNotNull(SeveralColumns, Row):
    """Each of several columns has a value.

    Passes where all of `columns` have one, fails where at least one is null or NaN. The answer is
    never unknown. `not_null` with a list asks the same by a rule for each column, so that reports
    tell which one failed; this is one rule, and one threshold, for complete rows.

    Example:
        - all_not_null: [dep_time, arr_time, air_time]
          where: "not cancelled"

    """

    fault: ClassVar[str] = "null"
    family: ClassVar[Family] = Family.COMPLETENESS
    aliases: ClassVar[tuple[str, ...]] = ("areComplete", "haveCompleteness", "rows_complete")

    def passes(self, view: View) -> nw.Expr:
        """Return whether none is missing."""
        there = [~column(view, name).expr.is_null() for name in self.names]
        return nw.all_horizontal(*there, ignore_nulls=False)
