"""`not_null`: a value is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import narwhals.stable.v2 as nw

from dq_monitor.checks._base import OneColumn, Row
from dq_monitor.expression.types import column
from dq_monitor.model.check import Family
from dq_monitor.model.statistics import Statistics
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class NotNull(OneColumn, Row):
    """A value is there.

    Passes where the column has a value, fails where it is null or NaN. The answer is never unknown.
    A list makes one rule for each column.

    Example:
        - not_null: [carrier, origin, dest]

    """

    fault: ClassVar[str] = "null"
    family: ClassVar[Family] = Family.COMPLETENESS
    each: ClassVar[bool] = True
    foretold_by: ClassVar[Statistics] = Statistics.COUNTS
    aliases: ClassVar[tuple[str, ...]] = (
        "expect_column_values_to_not_be_null",
        "isComplete",
        "is_not_null",
    )

    def passes(self, view: View) -> nw.Expr:
        """Return whether the value is neither null nor NaN."""
        return ~column(view, self.column).expr.is_null()
