"""`older_than` in plain Python."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import polars as pl

from tests.catalogue.case import BERLIN, NEW_YORK, NOW, Case, Column, aware, dates, each, naive

CASES = {
    "date": Case(
        lambda n: {"older_than": {"column": n("x"), "duration": "1w"}},
        {"x": Column(pl.Date, dates.map(lambda day: day - timedelta(days=5)))},
        each(lambda x: x <= date(2013, 6, 24), "x"),
    ),
    "timestamp": Case(
        lambda n: {"older_than": {"column": n("x"), "duration": "0s"}},
        {"x": Column(pl.Datetime("us"), naive)},
        each(lambda x: x.replace(tzinfo=NEW_YORK) < NOW, "x"),
    ),
    "instant": Case(
        lambda n: {"older_than": {"column": n("x"), "duration": "1d"}},
        {"x": Column(BERLIN, aware)},
        each(lambda x: x < datetime.combine(date(2013, 6, 30), time(8), tzinfo=NEW_YORK), "x"),
    ),
}
