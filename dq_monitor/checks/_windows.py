"""Windows and periods as whole numbers that grow by one: hours, days, months, or a number's own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import narwhals.stable.v2 as nw

from dq_monitor.checks._clock import DAY, day_number, micro_of_day
from dq_monitor.expression.comparison import local
from dq_monitor.expression.types import TIMES, Type, Value, column, present
from dq_monitor.expression.zones import changes
from dq_monitor.model.view import View

VALUE = "v"
_EVERY = re.compile(r"([1-9][0-9]{0,3}) ?(m|h|d|w|mo|q|y)", re.ASCII)
_OF_A_DAY = {"m": 1440, "h": 24}
_MONTHS = {"mo": 1, "q": 3, "y": 12}
_DAYS = {"d": 1, "w": 7}


@dataclass(frozen=True, slots=True)
class Every:
    """A length of windows: so many of a unit, counted from where Python's calendar begins."""

    amount: int
    unit: str

    def __str__(self) -> str:
        return f"{self.amount}{self.unit}"

    @property
    def within_days(self) -> bool:
        """Say whether a window is shorter than a day, so that clock changes matter."""
        return self.unit in _OF_A_DAY

    def number(self, time: nw.Expr, view: View) -> nw.Expr:
        """Return the number of the window that a time lies in."""
        if self.unit in _MONTHS:
            months = time.dt.year().cast(nw.Int64) * 12 + time.dt.month().cast(nw.Int64) - 1
            return months // (_MONTHS[self.unit] * self.amount)
        # day 1 is a Monday, and so is the first day of each week
        days = day_number(time, view) - 1
        if self.unit in _DAYS:
            return days // (_DAYS[self.unit] * self.amount)
        a_day = _OF_A_DAY[self.unit]
        units = days * a_day + micro_of_day(time, view) // (DAY // a_day)
        return units // self.amount

    def skipped(self, zone: str) -> Iterator[range]:
        """Yield the numbers of windows that the clocks of a zone never showed."""
        length = timedelta(days=self.amount) / _OF_A_DAY[self.unit]
        for change in changes(zone):
            wall = change.at.replace(tzinfo=None)
            first, end = ((wall + by - datetime.min) for by in (change.before, change.after))  # noqa: DTZ901 - a wall clock
            numbers = range(-(-first // length), end // length)
            if numbers:
                yield numbers


def every(text: str) -> Every:
    """Return what `1h`, `1d` or `1mo` says; raise ValueError for anything else."""
    found = _EVERY.fullmatch(text)
    if not found:
        raise ValueError(f"every {text!r} is no length: write 15m, 1h, 1d, 1w, 1mo, 1q or 1y")
    return Every(int(found[1]), found[2])


def clock_of(view: View, name: str, length: Every, asked_by: str) -> Value:
    """Return the times of a column by the clock that its windows of this length follow.

    Days and longer are those of the table's time zone. Shorter windows of a timestamp with a zone
    are those of UTC, where no hour is skipped or comes twice.
    """
    value = column(view, name, TIMES, asked_by=asked_by)
    if not length.within_days:
        return local(value, view) if value.type is Type.INSTANT else value
    if value.type is Type.DATE:
        raise ValueError(f"column {name!r} is a date: a window of {length} is shorter than a day")
    return value


def gaps_of(value: Value, length: Every, view: View) -> list[range]:
    """Return the numbers of windows that no value can lie in, as the clocks skipped them."""
    naive = value.type is Type.DATETIME
    return list(length.skipped(view.timezone)) if naive and length.within_days else []


def grouped(
    rows: nw.LazyFrame[Any], by: Sequence[str], value: nw.Expr, view: View
) -> tuple[nw.LazyFrame[Any], list[str]]:
    """Return `value` as `VALUE` with the columns of `by` under short names, and these names.

    Rows without a value, or where a part of the group is null or NaN, are left out.
    """
    groups = [f"g{number}" for number, _ in enumerate(by)]
    parts = [
        view.col(present(view, name)).alias(group) for name, group in zip(by, groups, strict=True)
    ]
    named = rows.select(*parts, value.alias(VALUE))
    return named.filter(*(~nw.col(name).is_null() for name in (*groups, VALUE))), groups


def reduced(rows: nw.LazyFrame[Any], groups: Sequence[str], **parts: nw.Expr) -> nw.LazyFrame[Any]:
    """Reduce each group to one row; all rows to one where there are no groups."""
    named = [expr.alias(name) for name, expr in parts.items()]
    return rows.group_by(*groups).agg(*named) if groups else rows.select(*named)
