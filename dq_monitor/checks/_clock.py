"""Dates and times as checks count them: on the table's wall clock, in forms every engine takes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import narwhals.stable.v2 as nw

from dq_monitor.checks._parameters import duration
from dq_monitor.expression.comparison import local
from dq_monitor.expression.types import TIMES, Type, Value, column
from dq_monitor.model.view import View

# In microseconds.
SECOND = 1_000_000
DAY = 86_400 * SECOND
# What Python calls day 1 is the first of January of year 1; Polars counts from 1970.
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC).toordinal()


def ago(text: str, view: View) -> datetime:
    """Return the moment that lies a duration before the write.

    Days and weeks go back on the wall clock of the table's time zone: a day may have 23 hours.
    """
    if text[-1] in "dw":
        return (view.now.astimezone(ZoneInfo(view.timezone)) - duration(text)).astimezone(UTC)
    return view.now - duration(text)


def age(value: date, view: View) -> float:
    """Return how many seconds a date or timestamp lay back at the time of the write.

    Without a zone it is read in the table's; a date is the midnight at which it begins.
    """
    moment = value if isinstance(value, datetime) else datetime.combine(value, time())
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(view.timezone))
    return (view.now - moment).total_seconds()


def on_the_wall(view: View, name: str, asked_by: str) -> Value:
    """Return a date or timestamp column as the wall clock of the table's time zone showed it."""
    return _shown(view, name, column(view, name, TIMES, asked_by=asked_by))


def two_times(view: View, one: str, other: str, asked_by: str) -> tuple[nw.Expr, nw.Expr]:
    """Return two date or timestamp columns as timestamps that can be subtracted.

    Where both have a zone they are in UTC, otherwise both are on the table's own wall clock.
    """
    values = {name: column(view, name, TIMES, asked_by=asked_by) for name in (one, other)}
    if {value.type for value in values.values()} != {Type.INSTANT}:
        values = {name: _shown(view, name, value) for name, value in values.items()}
    first, second = (
        local(value, view).expr if value.type is Type.DATE else value.expr
        for value in values.values()
    )
    return first, second


def _shown(view: View, name: str, value: Value) -> Value:
    """Return a timestamp without its zone; shared, as engines without zones search for it."""
    if value.type is not Type.INSTANT:
        return value
    shown = local(value, view)
    return replace(shown, expr=view.share(f"wall:{name}", shown.expr))


def weekday(time: nw.Expr) -> nw.Expr:
    """Return the weekday: 1 is Monday, 6 Saturday, 0 Sunday, as Spark counts it."""
    return time.dt.weekday() % 7


def day_number(time: nw.Expr, view: View) -> nw.Expr:
    """Return the number of a date's day: its ordinal in Python."""
    if view.engine == "polars":
        return time.cast(nw.Date).cast(nw.Int64) + _EPOCH
    before = time.dt.year().cast(nw.Int64) - 1
    leap_days = before // 4 - before // 100 + before // 400
    return before * 365 + leap_days + time.dt.ordinal_day().cast(nw.Int64)


def micro_of_day(time: nw.Expr, view: View) -> nw.Expr:
    """Return the microseconds of a timestamp since its midnight."""
    if view.engine == "polars":
        return time.dt.timestamp("us") % DAY
    parts = (time.dt.hour(), time.dt.minute(), time.dt.second(), time.dt.microsecond())
    hour, minute, second, micro = (part.cast(nw.Int64) for part in parts)
    return ((hour * 60 + minute) * 60 + second) * SECOND + micro


def micros(time: nw.Expr, view: View) -> nw.Expr:
    """Return the microseconds of a timestamp since a moment that is the engine's own."""
    if view.engine == "polars":
        return time.dt.timestamp("us")
    return day_number(time, view) * DAY + micro_of_day(time, view)
