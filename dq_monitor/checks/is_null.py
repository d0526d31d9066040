"""`is_null`: a value is not there."""

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
class IsNull(OneColumn, Row):
    """A value is not there.

    Passes where the value is null or NaN, fails where the column has a value. The answer is never
    unknown. It is asked with a `where`, or as part of `when_then`: a flight that was cancelled has
    not arrived. A list makes one rule for each column.

    Example:
        - is_null: arr_time
          where: "cancelled"

    """

    fault: ClassVar[str] = "not null"
    family: ClassVar[Family] = Family.COMPLETENESS
    each: ClassVar[bool] = True
    foretold_by: ClassVar[Statistics] = Statistics.COUNTS
    aliases: ClassVar[tuple[str, ...]] = ("expect_column_values_to_be_null",)

    def passes(self, view: View) -> nw.Expr:
        """Return whether the value is null or NaN."""
        return column(view, self.column).expr.is_null()
