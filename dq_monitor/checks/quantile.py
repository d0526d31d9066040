"""`quantile`: the value below which a part of a column's values lies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from pydantic import Field

from dq_monitor.checks._base import OneColumn, Table
from dq_monitor.checks._numbers import number, settled
from dq_monitor.checks._parameters import Flag, Number
from dq_monitor.model.check import Aggregate, Measure, Merge
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantile(OneColumn, Table):
    """The value below which a part of a column's values lies.

    The value is the quantile at `at` (0 to 1) of the values that are neither null nor NaN, between
    two of them by linear interpolation; there is none when all are. Quantiles do not add up, so it
    is asked of all rows at once. `exact: false` permits an approximate answer; none of the engines
    has a cheaper one yet, so all answer exactly.

    Example:
        - quantile: {column: dep_delay, at: 0.95}
          warn: {over: 120}

    """

    shorthand: ClassVar[str] = ""
    aliases: ClassVar[tuple[str, ...]] = (
        *("expect_column_quantile_values_to_be_between", "hasApproxQuantile", "hasExactQuantile"),
        *("percentile", "approx_quantile"),
    )

    at: Annotated[Number, Field(ge=0, le=1, description="the part of the values, 0.5 for half")]
    exact: Annotated[Flag, Field(description="no approximation is good enough")] = True

    def aggregates(self, view: View) -> Mapping[str, Aggregate]:
        """Return the quantile."""
        value = number(view, self.column, "quantile")
        at = value.quantile(float(self.at), interpolation="linear")
        return {"value": Aggregate(at, Merge.NONE), "count": Aggregate(value.count())}

    def measure(self, state: Mapping[str, Any], view: View) -> Measure:  # noqa: ARG002 - the protocol's
        """Return the quantile."""
        count = int(state["count"] or 0)
        if not count:
            return Measure(None, "no values")
        return Measure(settled(state["value"], self.column, "quantile"), f"of {count:,} values")
