"""`column_lag` in plain Python."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import polars as pl

from tests.catalogue.case import BERLIN, NEW_YORK, Case, Column, aware, dates, each, naive

HOUR = timedelta(hours=1)
DATE, NAIVE = Column(pl.Date, dates), Column(pl.Datetime("us"), naive)
UTC, ZONED = Column(pl.Datetime("us", "UTC"), aware), Column(BERLIN, aware)


def on_the_wall(cell: Any) -> datetime:
    if not isinstance(cell, datetime):
        return datetime.combine(cell, time())
    return cell.astimezone(NEW_YORK).replace(tzinfo=None) if cell.tzinfo else cell


def lag(x: date, y: date) -> timedelta:
    if isinstance(x, datetime) and isinstance(y, datetime) and x.tzinfo and y.tzinfo:
        return x - y
    return on_the_wall(x) - on_the_wall(y)


def case(x: Column, y: Column, low: str | None, high: str | None, passes: Any) -> Case:
    bounds = {"at_least": low, "at_most": high}
    given = {name: bound for name, bound in bounds.items() if bound is not None}
    return Case(
        lambda n: {"column_lag": {"column": n("x"), "other": n("y"), **given}},
        {"x": x, "y": y},
        each(lambda x, y: passes(lag(x, y)), "x", "y"),
    )


CASES = {
    "dates": case(DATE, DATE, "1d", "2d", lambda d: 24 * HOUR <= d <= 48 * HOUR),
    "timestamps a day and an hour apart": case(NAIVE, NAIVE, "25h", None, lambda d: d >= 25 * HOUR),
    "timestamps": case(NAIVE, NAIVE, "0s", "6h", lambda d: 0 * HOUR <= d <= 6 * HOUR),
    "instants": case(UTC, ZONED, None, "6h", lambda d: d <= 6 * HOUR),
    "instant after timestamp": case(ZONED, NAIVE, "30m", None, lambda d: d >= HOUR / 2),
    "timestamp after date": case(NAIVE, DATE, "0s", "1w", lambda d: 0 * HOUR <= d <= 168 * HOUR),
    "date after instant": case(DATE, UTC, None, "1h", lambda d: d <= HOUR),
}
