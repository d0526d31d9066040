"""`aggregate_by_group`: an aggregate lies between two bounds in every group of rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import narwhals.stable.v2 as nw
from pydantic import Field

from dq_monitor.checks._base import Alone, Table
from dq_monitor.checks._counting import count_of
from dq_monitor.checks._numbers import number
from dq_monitor.checks._occurrences import Rows, keyed, known
from dq_monitor.checks._parameters import Number, OneOrMore, distinct, finite
from dq_monitor.expression.types import COMPARABLE, column
from dq_monitor.model.check import Measure, Measures
from dq_monitor.model.view import View

VALUE = "value"


@dataclass(frozen=True, slots=True, kw_only=True)
class AggregateByGroup(Alone, Table):
    """An aggregate lies between two bounds in every group of rows.

    The value is the number of groups (the distinct combinations of the columns in `by`) in which
    `aggregate` of `column` lies outside `min` and `max`. `count` counts the rows of the group, or
    its known values where there is a `column`; `distinct_count` counts its different values. Nulls
    and NaN are left out; a group without any other value has no sum, mean, min or max and does not
    count. Rows with a null in `by` are in no group; there is no answer when there is no group.

    Example:
        - aggregate_by_group: {by: [flight_date, origin], aggregate: count, min: 100}

    """

    measures: ClassVar[Measures] = Measures.VIOLATIONS
    aliases: ClassVar[tuple[str, ...]] = (
        *("is_aggr_not_greater_than", "is_aggr_not_less_than", "is_aggr_equal"),
        "group_by",
    )

    by: Annotated[OneOrMore, Field(description="the columns that make the groups")]
    aggregate: Annotated[
        Literal["count", "sum", "mean", "min", "max", "distinct_count"],
        Field(description="what is measured in each group"),
    ]
    column: Annotated[
        str | None, Field(min_length=1, description="the column that is aggregated")
    ] = None
    min: Annotated[Number | None, Field(description="the smallest result that is right")] = None
    max: Annotated[Number | None, Field(description="the largest result that is right")] = None

    def __post_init__(self) -> None:
        """Refuse bounds that are missing or upside down, and an aggregate of nothing."""
        distinct(self.by)
        for name, bound in (("min", self.min), ("max", self.max)):
            finite(bound, name)
        if self.min is None and self.max is None:
            raise ValueError("aggregate_by_group needs min or max")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min} is above max {self.max}")
        if self.column is None and self.aggregate != "count":
            raise ValueError(f"{self.aggregate} needs a column")

    def columns(self) -> tuple[str, ...]:
        """Return the columns of the groups, and the one that is aggregated."""
        return self.by if self.column in {None, *self.by} else (*self.by, self.column or "")

    def query(
        self,
        rows: Rows,
        others: Rows | None,  # noqa: ARG002 - the protocol's
        view: View,
    ) -> Rows:
        """Return how many groups have a result, and how many of these lie outside."""
        keys = {f"by_{number}": name for number, name in enumerate(self.by)}
        result = nw.col("result")
        found = self._aggregated(self._valued(rows, keys, view), tuple(keys))
        outside = [result < self.min] if self.min is not None else []
        outside += [result > self.max] if self.max is not None else []
        wrong = outside[0] | outside[-1]
        return found.select(groups=nw.len(), measured=result.count(), outside=count_of(wrong))

    def measure(self, state: Mapping[str, Any], view: View) -> Measure:  # noqa: ARG002 - the protocol's
        """Return the number of groups outside the bounds."""
        groups, measured, outside = (
            int(state[name] or 0) for name in ("groups", "measured", "outside")
        )
        if not measured:
            return Measure(None, f"no values in {groups:,} groups" if groups else "no groups")
        return Measure(float(outside), f"{outside:,} of {measured:,} groups are outside")

    def _valued(self, rows: Rows, keys: Mapping[str, str], view: View) -> Rows:
        """Return the rows that are in a group: the keys, and what is aggregated as `VALUE`."""
        if self.column is None:
            return known(rows, view, keys, "aggregate_by_group")
        if self.aggregate in {"count", "distinct_count"}:
            beside = keyed(column(view, self.column, COMPARABLE, asked_by=self.aggregate))
        else:
            beside = number(view, self.column, self.aggregate)
        return known(rows, view, keys, "aggregate_by_group", {VALUE: beside})

    def _aggregated(self, rows: Rows, keys: tuple[str, ...]) -> Rows:
        if self.column is None:
            grouped = rows.group_by(*keys).agg(nw.len().alias("result"))
            return grouped.with_columns(nw.col("result").cast(nw.Float64))
        value, result = nw.col(VALUE), nw.col("result")
        if self.aggregate == "distinct_count":
            rows = rows.group_by(*keys, VALUE).agg(nw.len().alias("times"))
        counting = self.aggregate in {"count", "distinct_count"}
        reduced = value.count() if counting else getattr(value, self.aggregate)()
        grouped = rows.group_by(*keys).agg(reduced.alias("result"), value.count().alias("known"))
        grouped = grouped.with_columns(result.cast(nw.Float64))
        if counting:
            return grouped
        # A sum of nothing is 0 on some engines, and that of both infinities is no number.
        return grouped.with_columns(
            nw.when((nw.col("known") > 0) & ~result.is_nan()).then(result).alias("result")
        )
