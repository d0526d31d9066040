"""`max`: the largest value of a column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from dq_monitor.checks._base import OneColumn, Table
from dq_monitor.checks._numbers import extreme, real
from dq_monitor.model.check import Aggregate, Measure, Merge
from dq_monitor.model.statistics import Statistics
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Max(OneColumn, Table):
    """The largest value of a column.

    The value is the largest number that is neither null nor NaN, as a float (whole numbers beyond
    2**53 are rounded); there is none when all are. Dates and timestamps are refused: hold them
    against `in_range`, and how old the newest one is against `freshness`.

    Example:
        - max: {column: distance}
          warn: {over: 4983}

    """

    foretold_by: ClassVar[Statistics] = Statistics.EXTREMES
    aliases: ClassVar[tuple[str, ...]] = ("expect_column_max_to_be_between", "hasMax")

    def aggregates(self, view: View) -> Mapping[str, Aggregate]:
        """Return the largest value."""
        return {"max": Aggregate(extreme(view, self.column, "max").max(), Merge.MAX)}

    def measure(self, state: Mapping[str, Any], view: View) -> Measure:  # noqa: ARG002 - the protocol's
        """Return the largest value."""
        value = real(state["max"])
        return Measure(value, "no values" if value is None else f"of column {self.column}")
