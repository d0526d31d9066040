"""`aggregate_match`: a sum, mean or other aggregate of a column is that of another table's."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Annotated, Any, ClassVar, Literal
from zoneinfo import ZoneInfo

import narwhals.stable.v2 as nw
from pydantic import Field

from dq_monitor.checks._base import OneColumn, Table
from dq_monitor.checks._elsewhere import (
    OtherColumn,
    OtherWhere,
    Rows,
    check_condition,
    chosen,
    other_column,
    view_of,
)
from dq_monitor.checks._tolerance import Tolerance, check_tolerance, tolerated
from dq_monitor.expression.types import COMPARABLE, NUMBERS, TIMES, Type, column
from dq_monitor.model.check import Family, Measure, Measures, Reference
from dq_monitor.model.view import View

_NOISE = 1e-12
_NEEDS = {
    "sum": NUMBERS,
    "mean": NUMBERS,
    "min": NUMBERS | TIMES,
    "max": NUMBERS | TIMES,
    "count": frozenset(Type),
    "distinct_count": COMPARABLE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AggregateMatch(OneColumn, Table):
    """A sum, mean or other aggregate of a column is that of another table's column.

    The value is the difference of the two aggregates, 0 while it lies within `tolerance`; of dates
    and timestamps it is in seconds. Results that agree to twelve digits are equal. Nulls and NaN
    are left out; the sum and the counts of no values are 0, a mean, min or max of no values has no
    difference. `other_where` chooses rows of the other table, `where` those of this one. A batch is
    compared unless the rule says `scope: table`.

    Example:
        - aggregate_match: {column: distance, aggregate: sum, references: bronze.flights.distance}
          scope: table

    """

    family: ClassVar[Family] = Family.TABLES
    shorthand: ClassVar[str] = ""
    measures: ClassVar[Measures] = Measures.VIOLATIONS
    aliases: ClassVar[tuple[str, ...]] = (
        "equal_aggregates",
        "expect_column_sum_to_equal_other_table",
        "metric_diff",
        "AggregateMatch",
    )

    aggregate: Annotated[
        Literal["sum", "mean", "min", "max", "count", "distinct_count"],
        Field(description="what is taken of both columns; the counts leave out nulls"),
    ]
    references: OtherColumn
    tolerance: Tolerance = 0
    other_where: OtherWhere = None

    def __post_init__(self) -> None:
        """Refuse a tolerance that is no number, and what is no condition."""
        check_tolerance(self.tolerance)
        check_condition(self.other_where)

    def reference(self) -> Reference:
        """Return the other table and its column."""
        return other_column(self.references)

    def query(self, rows: Rows, others: Rows | None, view: View) -> Rows:
        """Return both aggregates."""
        there = chosen(others, self.other_where, view)
        (name,) = self.reference().columns
        one = self._aggregate(rows, self.column, view).select(nw.col("value").alias("here"))
        other = self._aggregate(there, name, view_of(there, view))
        return one.join(other.select(nw.col("value").alias("there")), how="cross")

    def measure(self, state: Mapping[str, Any], view: View) -> Measure:
        """Return the difference, and where there is none."""
        sides = [self._number(state[side], view) for side in ("here", "there")]
        if None in sides:
            empty = "here" if sides[0] is None else f"in {self.reference().table}"
            return Measure(None, f"no values {empty}")
        here, there = (side or 0.0 for side in sides)
        if math.isnan(here) or math.isnan(there):
            raise ValueError(f"column {self.column!r} holds both infinities: no {self.aggregate}")
        # the order of adding moves the last digits of floats
        same = math.isclose(here, there, rel_tol=_NOISE) or tolerated(self.tolerance, here, there)
        return Measure(0.0 if same else abs(here - there), f"{self.aggregate} of {self.references}")

    def _aggregate(self, rows: Rows, name: str, view: View) -> Rows:
        value = column(view, name, _NEEDS[self.aggregate], asked_by="aggregate_match")
        values = rows.select(value.expr.alias("value"))
        if self.aggregate == "distinct_count":
            known = values.filter(~nw.col("value").is_null()).unique(subset=["value"])
            return known.select(nw.len().alias("value"))
        number = nw.col("value")
        if self.aggregate in {"sum", "mean"}:  # a sum of integers would wrap around
            number = number.cast(nw.Float64)
        return values.select(getattr(number, self.aggregate)().alias("value"))

    def _number(self, value: Any, view: View) -> float | None:
        if value is None:
            return None if self.aggregate in {"mean", "min", "max"} else 0.0
        if isinstance(value, date):
            return _moment(value, ZoneInfo(view.timezone)).timestamp()
        return float(value)


def _moment(value: date, zone: ZoneInfo) -> datetime:
    moment = value if isinstance(value, datetime) else datetime.combine(value, time())
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)
