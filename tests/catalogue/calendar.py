"""`calendar` in plain Python."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from typing import Any

import polars as pl
from hypothesis import strategies as st

from tests.catalogue.case import BERLIN, NEW_YORK, Case, Column, each, naive

days = st.dates(date(1999, 12, 20), date(2024, 3, 5))
moments = st.datetimes(datetime(1999, 12, 20), datetime(2024, 3, 5)) | naive  # noqa: DTZ001 - naive
DATE, NAIVE = Column(pl.Date, days), Column(pl.Datetime("us"), moments)
ZONED = Column(BERLIN, moments.map(lambda moment: moment.replace(tzinfo=UTC)))


def wall(cell: Any) -> Any:
    if isinstance(cell, datetime) and cell.tzinfo:
        return cell.astimezone(NEW_YORK).replace(tzinfo=None)
    return cell


def case(column: Column, asked: Mapping[str, Any], passes: Callable[[Any], bool]) -> Case:
    return Case(
        lambda n: {"calendar": {"column": n("x"), **asked}},
        {"x": column},
        each(lambda x: passes(wall(x)), "x"),
    )


def is_last(day: date) -> bool:
    return day.month != date.fromordinal(day.toordinal() + 1).month


def day_of(cell: Any) -> date:
    return cell.date() if isinstance(cell, datetime) else cell


def free(cell: Any) -> bool:
    return day_of(cell) in {date(2013, 7, 1), date(2013, 6, 29), date(2000, 1, 3)}


HOLIDAYS = {"holidays": ["2013-07-01", "2013-06-29", "2000-01-03"]}
BUSINESS = {"business_days": True, **HOLIDAYS}
LAST = {"month_days": [15, "last"]}

CASES = {
    "weekday of a date": case(
        DATE, {"weekdays": ["sun", "mon"]}, lambda x: x.isoweekday() in {7, 1}
    ),
    "weekday of an instant": case(ZONED, {"weekdays": ["sat"]}, lambda x: x.isoweekday() == 6),
    "business day": case(DATE, BUSINESS, lambda x: x.isoweekday() < 6 and not free(x)),
    "business day of an instant": case(
        ZONED, BUSINESS, lambda x: x.isoweekday() < 6 and not free(x)
    ),
    "holidays": case(NAIVE, HOLIDAYS, lambda x: not free(x)),
    "month day": case(NAIVE, LAST, lambda x: x.day == 15 or is_last(day_of(x))),
    "last day": case(DATE, {"month_days": ["last"]}, is_last),
    "first of an instant": case(ZONED, {"month_days": [1]}, lambda x: x.day == 1),
    "hours": case(
        NAIVE,
        {"from": "06:00", "to": "13:30:30"},
        lambda x: time(6) <= x.time() <= time(13, 30, 30),
    ),
    "hours over midnight": case(
        ZONED,
        {"from": "22:00", "to": "03:00"},
        lambda x: x.time() >= time(22) or x.time() <= time(3),
    ),
    "from": case(NAIVE, {"from": "18:15"}, lambda x: x.time() >= time(18, 15)),
    "to on weekdays": case(
        ZONED,
        {"to": "12:00", "weekdays": ["sun", "tue"]},
        lambda x: x.time() <= time(12) and x.isoweekday() in {7, 2},
    ),
}
