"""`within_last` in plain Python."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import polars as pl

from tests.catalogue.case import BERLIN, NEW_YORK, NOW, Case, Column, aware, dates, each, naive

CASES = {
    "date": Case(
        lambda n: {"within_last": {"column": n("x"), "duration": "2d"}},
        {"x": Column(pl.Date, dates)},
        # at eight in the morning there, the midnight of two days ago lies further back
        each(lambda x: x >= date(2013, 6, 30), "x"),
    ),
    "timestamp": Case(
        lambda n: {"within_last": {"column": n("x"), "duration": "12h"}},
        {"x": Column(pl.Datetime("us"), naive)},
        each(lambda x: x.replace(tzinfo=NEW_YORK) >= NOW - timedelta(hours=12), "x"),
    ),
    "instant": Case(
        lambda n: {"within_last": {"column": n("x"), "duration": "90m"}},
        {"x": Column(BERLIN, aware)},
        each(lambda x: x >= NOW - timedelta(minutes=90), "x"),
    ),
    "instant by days": Case(
        lambda n: {"within_last": {"column": n("x"), "duration": "1d"}},
        {"x": Column(BERLIN, aware)},
        each(lambda x: x >= datetime.combine(date(2013, 6, 30), time(8), tzinfo=NEW_YORK), "x"),
    ),
}
