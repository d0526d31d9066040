"""`records_per_window`: each hour, day or month has as many rows as it should."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import narwhals.stable.v2 as nw
from pydantic import Field

from dq_monitor.checks._base import Alone, Table
from dq_monitor.checks._counting import count_of
from dq_monitor.checks._parameters import By, ColumnName, Integer, distinct
from dq_monitor.checks._windows import VALUE, clock_of, every, gaps_of, grouped, reduced
from dq_monitor.model.check import Family, Measure, Measures
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordsPerWindow(Alone, Table):
    """Each hour, day or month has as many rows as it should.

    The value is the number of windows of length `every`, from the first to the last that has rows,
    whose rows are fewer than `min` or more than `max`; windows without any row count too. With
    `by`, each group should have as many in each of these windows. There is no value without rows.
    Rows whose time or group is null are left out. Days and longer windows are those of the table's
    time zone, weeks begin on Monday; an hour that the clocks skip is none.

    Example:
        - records_per_window: {column: time_hour, every: 1d, min: 500, by: [origin]}

    """

    family: ClassVar[Family] = Family.TIME
    measures: ClassVar[Measures] = Measures.VIOLATIONS
    aliases: ClassVar[tuple[str, ...]] = (
        "is_data_fresh_per_time_window",
        "expect_row_values_to_have_data_for_every_n_datepart",
    )

    column: ColumnName
    every: Annotated[str, Field(description="the length of a window: 15m, 1h, 1d, 1w, 1mo")]
    min: Annotated[Annotated[Integer, Field(ge=0)] | None, Field(description="the fewest rows")] = (
        None
    )
    max: Annotated[Annotated[Integer, Field(ge=0)] | None, Field(description="the most rows")] = (
        None
    )
    by: By = ()

    def __post_init__(self) -> None:
        """Refuse what is no length, and bounds that are missing or upside down."""
        every(self.every)
        distinct(self.columns())
        if self.min is None and self.max is None:
            raise ValueError("records_per_window needs min or max")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min} is above max {self.max}")

    def columns(self) -> tuple[str, ...]:
        """Return the group and the time."""
        return (*self.by, self.column)

    def query(
        self,
        rows: nw.LazyFrame[Any],
        others: nw.LazyFrame[Any] | None,  # noqa: ARG002 - the protocol's
        view: View,
    ) -> nw.LazyFrame[Any]:
        """Return the first and last window, how many have rows, and how many of these are wrong."""
        length = every(self.every)
        clock = clock_of(view, self.column, length, "records_per_window")
        times, groups = grouped(rows, self.by, clock.expr, view)
        windows = times.with_columns(length.number(nw.col(VALUE), view).alias(VALUE))
        counted = windows.group_by(*groups, VALUE).agg(nw.len().alias("rows"))
        by_group = reduced(
            counted,
            groups,
            first=nw.col(VALUE).min(),
            last=nw.col(VALUE).max(),
            filled=nw.len().cast(nw.Int64),
            wrong=count_of(self._is_wrong(nw.col("rows"))),
        )
        return by_group.select(
            nw.col("first").min(),
            nw.col("last").max(),
            nw.col("filled").sum(),
            nw.col("wrong").sum(),
            nw.len().alias("groups"),
        )

    def measure(self, state: Mapping[str, Any], view: View) -> Measure:
        """Return the wrong windows; those without rows are what is left of the time between."""
        first, last = state["first"], state["last"]
        if first is None:
            return Measure(None, "no rows")
        length = every(self.every)
        clock = clock_of(view, self.column, length, "records_per_window")
        seen = range(first, last + 1)
        skipped = sum(len(_common(seen, gap)) for gap in gaps_of(clock, length, view))
        windows = (len(seen) - skipped) * state["groups"]
        empty = max(windows - state["filled"], 0) if self.min else 0
        return Measure(float(state["wrong"] + empty), f"of {windows:,} windows, {empty:,} empty")

    def _is_wrong(self, rows: nw.Expr) -> nw.Expr:
        sides = []
        if self.min is not None:
            sides.append(rows < self.min)
        if self.max is not None:
            sides.append(rows > self.max)
        return sides[0] if len(sides) == 1 else sides[0] | sides[1]


def _common(one: range, other: range) -> range:
    return range(max(one.start, other.start), min(one.stop, other.stop))
