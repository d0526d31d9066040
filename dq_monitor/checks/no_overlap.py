"""`no_overlap`: intervals of one group do not overlap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import narwhals.stable.v2 as nw
from pydantic import Field

from dq_monitor.checks._base import Alone, Set
from dq_monitor.checks._keys import Keys
from dq_monitor.checks._parameters import By, Flag, distinct
from dq_monitor.checks._series import NEW, ORDERED, Series, previous, require_types, series
from dq_monitor.expression.types import NUMBERS, articled, type_of
from dq_monitor.model.check import Family, Stored


@dataclass(frozen=True, slots=True, kw_only=True)
class NoOverlap(Alone, Set):
    """Intervals of one group do not overlap.

    Passes where no other interval from `start` to `end` of the same group of `by`, in the batch or
    stored, shares a moment with this one. Every row of an overlap fails, but for stored ones. An
    interval ends before its `end`, so one may begin where another ends; with `closed` the end is
    part of it. An interval that ends before it starts overlaps nothing: `compare_columns` finds it.
    Unknown where start, end or a part of the group is null or NaN; an interval that is still open
    needs an end that lies far ahead.

    Example:
        - no_overlap: {start: dep_time, end: arr_time, by: [tailnum]}

    """

    fault: ClassVar[str] = "overlap"
    family: ClassVar[Family] = Family.TIME
    stored: ClassVar[Stored] = Stored.ALL
    aliases: ClassVar[tuple[str, ...]] = ("mutually_exclusive_ranges", "is_not_overlapping")

    start: Annotated[str, Field(min_length=1, description="the column of where it begins")]
    end: Annotated[str, Field(min_length=1, description="the column of where it ends")]
    by: By = ()
    closed: Annotated[Flag, Field(description="the end is part of the interval")] = False

    def __post_init__(self) -> None:
        """Refuse a column that is named twice."""
        distinct(self.columns())

    def columns(self) -> tuple[str, ...]:
        """Return the group, the start and the end."""
        return (*self.by, self.start, self.end)

    def failing(self, keys: Keys, others: Keys | None) -> Keys:
        """Return the batch's intervals that overlap another."""
        seen = series(keys, others, self.columns())
        self._require_one_type(seen)
        if seen.nothing:
            return seen.rows
        by, (start, end) = seen.short(self.by), seen.short((self.start, self.end))
        spans = (
            seen.rows.filter(nw.col(start) <= nw.col(end))
            .group_by(*by, start, end)
            .agg(nw.col(NEW).max().alias(NEW), nw.len().alias("times"))
        )
        spans = spans.with_columns(
            nw.col(end).cum_max().over(*by, order_by=[start, end]).alias("reach")
        )
        # in order, an interval that any later one overlaps is overlapped by the next
        spans = previous(
            spans,
            by,
            [start, end],
            reach=nw.col("reach"),
            p_start=nw.col(start),
            p_end=nw.col(end),
            p_new=nw.col(NEW),
        )
        itself = (nw.col("times") > 1) & self._begins_within(start, end)
        overlapping = spans.filter(
            nw.col(NEW) == 1, itself | self._begins_within(start, "reach").fill_null(value=False)
        )
        overlapped = spans.filter(nw.col("p_new") == 1, self._begins_within(start, "p_end"))
        overlapped = overlapped.select(
            *by, nw.col("p_start").alias(start), nw.col("p_end").alias(end)
        )
        return seen.restored(nw.concat([overlapping.select(*by, start, end), overlapped]))

    def _begins_within(self, start: str, end: str) -> nw.Expr:
        first, last = nw.col(start), nw.col(end)
        return first <= last if self.closed else first < last

    def _require_one_type(self, seen: Series) -> None:
        require_types(seen, (self.start, self.end), ORDERED, "no_overlap")
        first, last = (type_of(seen.types[name]) for name in (self.start, self.end))
        if not seen.nothing and first is not last and not {first, last} <= NUMBERS:
            raise ValueError(
                f"column {self.start!r} is {articled(first)} and {self.end!r} {articled(last)}: "
                "an interval needs two of one type"
            )
