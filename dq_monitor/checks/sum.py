"""`sum`: the total of a column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from dq_monitor.checks._base import OneColumn, Table
from dq_monitor.checks._numbers import number, settled
from dq_monitor.model.check import Aggregate, Measure
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum(OneColumn, Table):
    """The total of a column.

    The value is the sum of the values that are neither null nor NaN; there is none when all are.
    It is added up in floats, so that it cannot wrap around: a total of whole numbers is exact while
    it stays within 2**53 (9 quadrillion) on the way, and right to some 15 digits beyond.

    Example:
        - sum: {column: distance}
          warn: {below: 1000000}

    """

    aliases: ClassVar[tuple[str, ...]] = ("expect_column_sum_to_be_between", "hasSum")

    def aggregates(self, view: View) -> Mapping[str, Aggregate]:
        """Return sum and count."""
        value = number(view, self.column, "sum")
        return {"sum": Aggregate(value.sum()), "count": Aggregate(value.count())}

    def measure(self, state: Mapping[str, Any], view: View) -> Measure:  # noqa: ARG002 - the protocol's
        """Return the sum."""
        count = int(state["count"] or 0)
        if not count:
            return Measure(None, "no values")
        return Measure(settled(state["sum"], self.column, "sum"), f"of {count:,} values")
