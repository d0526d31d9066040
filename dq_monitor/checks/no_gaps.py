"""`no_gaps`: no number, day or hour is missing between the first and the last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Annotated, Any, ClassVar

import narwhals.stable.v2 as nw
from pydantic import Field

from dq_monitor.checks._base import Alone, Table
from dq_monitor.checks._parameters import By, ColumnName, Integer, distinct
from dq_monitor.checks._windows import VALUE, clock_of, every, gaps_of, grouped, reduced
from dq_monitor.expression.types import Type, column
from dq_monitor.expression.zones import stepwise
from dq_monitor.model.check import Family, Measure, Measures
from dq_monitor.model.view import View

# Integers that 64 bits with a sign do not hold stay as they are.
_WIDE = (nw.UInt64(), nw.Int128())
# Two numbers this near to nothing differ by what fits 64 bits.
_HALF = 2**62


@dataclass(frozen=True, slots=True, kw_only=True)
class NoGaps(Alone, Table):
    """No number, day or hour is missing between the first and the last.

    The value is how many are missing: whole numbers for `every: 1` (or steps of more), periods for
    a length such as `1h`, `1d` or `1mo`. With `by`, each group is asked between its own first and
    last. There is no value without rows. Rows whose value or group is null or NaN are left out.
    Days and longer periods are those of the table's time zone, weeks begin on Monday; an hour that
    the clocks skip is not missing.

    Example:
        - no_gaps: {column: flight_date, every: 1d, by: [origin]}

    """

    family: ClassVar[Family] = Family.TIME
    measures: ClassVar[Measures] = Measures.VIOLATIONS

    column: ColumnName
    every: Annotated[
        Annotated[Integer, Field(ge=1)] | str,
        Field(description="what must be there each time: 1 for whole numbers, or 1h, 1d, 1w, 1mo"),
    ] = 1
    by: By = ()

    def __post_init__(self) -> None:
        """Refuse what is no length, and a column that is named twice."""
        distinct(self.columns())
        if isinstance(self.every, str):
            every(self.every)

    def columns(self) -> tuple[str, ...]:
        """Return the group and the value."""
        return (*self.by, self.column)

    def query(
        self,
        rows: nw.LazyFrame[Any],
        others: nw.LazyFrame[Any] | None,  # noqa: ARG002 - the protocol's
        view: View,
    ) -> nw.LazyFrame[Any]:
        """Return how many there should be between first and last, and how many there are."""
        numbers, groups, gaps = self._numbers(rows, view)
        numbers = numbers.unique(subset=[*groups, VALUE])
        by_group = reduced(
            numbers,
            groups,
            first=nw.col(VALUE).min(),
            last=nw.col(VALUE).max(),
            there=nw.len().cast(nw.Int64),
        )
        wide = numbers.collect_schema()[VALUE] == nw.Int64
        expected = _span(nw.col("first"), nw.col("last"), wide=wide) + 1 - _skipped(gaps)
        return by_group.select(expected.sum().alias("expected"), nw.col("there").sum())

    def measure(self, state: Mapping[str, Any], view: View) -> Measure:  # noqa: ARG002 - the same
        """Return what is missing."""
        expected, there = state["expected"], state["there"]
        if not there:
            return Measure(None, "no values")
        missing = max(expected - there, 0)
        return Measure(float(missing), f"{missing:,.0f} of {expected:,.0f} are missing")

    def _numbers(
        self, rows: nw.LazyFrame[Any], view: View
    ) -> tuple[nw.LazyFrame[Any], list[str], list[range]]:
        if isinstance(self.every, str):
            length = every(self.every)
            clock = clock_of(view, self.column, length, f"no_gaps with every {self.every}")
            times, groups = grouped(rows, self.by, clock.expr, view)
            numbers = times.with_columns(length.number(nw.col(VALUE), view).alias(VALUE))
            return numbers, groups, gaps_of(clock, length, view)
        value = column(
            view, self.column, {Type.INTEGER}, asked_by=f"no_gaps with every {self.every}"
        )
        wide = value.expr if view.schema[self.column] in _WIDE else value.expr.cast(nw.Int64)
        number = wide if self.every == 1 else wide // self.every
        return *grouped(rows, self.by, number, view), []


def _span(first: nw.Expr, last: nw.Expr, *, wide: bool) -> nw.Expr:
    """Return the distance as a float: exact where it fits 64 bits, near where it does not."""
    near = last.cast(nw.Float64) - first.cast(nw.Float64)
    if not wide:
        return near
    fits = (first > -_HALF) & (last < _HALF)
    return nw.when(fits).then((last - first).cast(nw.Float64)).otherwise(near)


def _skipped(gaps: Sequence[range]) -> nw.Expr:
    """Return how many of a group's periods the clocks skipped."""
    sums = [nw.lit(float(total)) for total in accumulate((len(gap) for gap in gaps), initial=0)]
    ends = [gap.stop for gap in gaps]
    return stepwise(nw.col("last"), ends, sums) - stepwise(nw.col("first"), ends, sums)
