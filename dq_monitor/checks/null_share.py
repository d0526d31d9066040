"""`null_share`: the share of rows without a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import narwhals.stable.v2 as nw

from dq_monitor.checks._base import OneColumn, Table
from dq_monitor.checks._counting import count_of
from dq_monitor.expression.types import column
from dq_monitor.model.check import Aggregate, Family, Measure
from dq_monitor.model.statistics import Statistics
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class NullShare(OneColumn, Table):
    """The share of rows without a value.

    The value is the part (0 to 1) of the rows where the column is null or NaN; there is none
    without rows. A list makes one rule for each column.

    Example:
        - null_share: tailnum
          warn: {over: 1%}
          error: {over: 5%}

    """

    family: ClassVar[Family] = Family.COMPLETENESS
    each: ClassVar[bool] = True
    foretold_by: ClassVar[Statistics] = Statistics.COUNTS
    aliases: ClassVar[tuple[str, ...]] = (
        "not_null_proportion",
        "expect_column_proportion_of_non_null_values_to_be_between",
        "missing_percent",
        "missing_count",
        "hasCompleteness",
    )

    def aggregates(self, view: View) -> Mapping[str, Aggregate]:
        """Return how many rows have no value, and how many there are."""
        missing = column(view, self.column).expr.is_null()
        return {"missing": Aggregate(count_of(missing)), "rows": Aggregate(nw.len())}

    def measure(self, state: Mapping[str, Any], view: View) -> Measure:  # noqa: ARG002 - the protocol's
        """Return the share."""
        missing, rows = state["missing"] or 0, state["rows"] or 0
        return Measure(missing / rows if rows else None, f"{missing:,} of {rows:,} rows")
