"""`mean`: the average of a column."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import narwhals.stable.v2 as nw

from dq_monitor.checks._base import OneColumn, Table
from dq_monitor.expression.types import NUMBERS, column
from dq_monitor.model.check import Aggregate, Measure
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Mean(OneColumn, Table):
    """The average of a column.

    The value is the arithmetic mean of the values that are neither null nor NaN; there is none when
    all are.

    Example:
        - mean: {column: dep_delay}
          warn: {outside: [-5, 40]}

    """

    aliases: ClassVar[tuple[str, ...]] = (
        "expect_column_mean_to_be_between",
        "hasMean",
        "avg",
    )

    def aggregates(self, view: View) -> Mapping[str, Aggregate]:
        """Return sum and count; as floats, because a sum of integers would wrap around."""
        value = column(view, self.column, NUMBERS, asked_by="mean").expr.cast(nw.Float64)
        known = (~value.is_null()).cast(nw.Int64)
        return {"sum": Aggregate(value.sum()), "count": Aggregate(known.sum())}

    def measure(self, state: Mapping[str, Any], view: View) -> Measure:  # noqa: ARG002 - the protocol's
        """Return sum over count."""
        count = state["count"] or 0
        if not count:
            return Measure(None, "no values")
        if math.isnan(state["sum"]):
            raise ValueError(f"column {self.column!r} holds both infinities: it has no mean")
        return Measure(state["sum"] / count, f"of {count:,} values")
