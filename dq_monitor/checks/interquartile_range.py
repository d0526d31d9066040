"""`interquartile_range`: how wide the middle half of a column's values lies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from dq_monitor.checks._base import OneColumn, Table
from dq_monitor.checks._numbers import number, settled
from dq_monitor.model.check import Aggregate, Family, Measure, Merge
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class InterquartileRange(OneColumn, Table):
    """How wide the middle half of a column's values lies.

    The value is the distance from the quantile at 0.25 to that at 0.75 of the values that are
    neither null nor NaN, between two of them by linear interpolation; there is none when all are.
    Quantiles do not add up, so it is asked of all rows at once.

    Example:
        - interquartile_range: {column: dep_delay}
          warn: {over: 60}

    """

    family: ClassVar[Family] = Family.DISTRIBUTION
    aliases: ClassVar[tuple[str, ...]] = ("iqr",)

    def aggregates(self, view: View) -> Mapping[str, Aggregate]:
        """Return both quartiles."""
        value = number(view, self.column, "interquartile_range")
        low, high = (value.quantile(at, interpolation="linear") for at in (0.25, 0.75))
        return {
            "low": Aggregate(low, Merge.NONE),
            "high": Aggregate(high, Merge.NONE),
            "count": Aggregate(value.count()),
        }

    def measure(self, state: Mapping[str, Any], view: View) -> Measure:  # noqa: ARG002 - the protocol's
        """Return the distance between the quartiles."""
        count = int(state["count"] or 0)
        if not count:
            return Measure(None, "no values")
        low, high = (settled(state[name], self.column, "quartiles") for name in ("low", "high"))
        return Measure(
            settled(high - low, self.column, "interquartile range"), f"of {count:,} values"
        )
