"""`median`: the middle value of a column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from dq_monitor.checks._base import OneColumn, Table
from dq_monitor.checks._numbers import number, settled
from dq_monitor.model.check import Aggregate, Measure, Merge
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Median(OneColumn, Table):
    """The middle value of a column.

    The value is the median of the values that are neither null nor NaN, the mean of the two middle
    ones where their number is even; there is none when all are. Medians do not add up, so it is
    asked of all rows at once.

    Example:
        - median: {column: dep_delay}
          warn: {outside: [-10, 15]}

    """

    aliases: ClassVar[tuple[str, ...]] = ("expect_column_median_to_be_between",)

    def aggregates(self, view: View) -> Mapping[str, Aggregate]:
        """Return the median."""
        value = number(view, self.column, "median")
        middle = value.quantile(0.5, interpolation="linear")
        return {"value": Aggregate(middle, Merge.NONE), "count": Aggregate(value.count())}

    def measure(self, state: Mapping[str, Any], view: View) -> Measure:  # noqa: ARG002 - the protocol's
        """Return the median."""
        count = int(state["count"] or 0)
        if not count:
            return Measure(None, "no values")
        return Measure(settled(state["value"], self.column, "median"), f"of {count:,} values")
