"""`not_in_future` in plain Python."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from tests.catalogue.case import BERLIN, NEW_YORK, NOW, Case, Column, aware, dates, each, naive

CASES = {
    "date": Case(
        lambda n: {"not_in_future": n("x")},
        {"x": Column(pl.Date, dates)},
        each(lambda x: x <= date(2013, 7, 1), "x"),
    ),
    "date with tolerance": Case(
        # At noon UTC in New York another 17 hours are tomorrow.
        lambda n: {"not_in_future": {"column": n("x"), "tolerance": "17h"}},
        {"x": Column(pl.Date, dates)},
        each(lambda x: x <= date(2013, 7, 2), "x"),
    ),
    "timestamp": Case(
        lambda n: {"not_in_future": {"column": n("x"), "tolerance": "30m"}},
        {"x": Column(pl.Datetime("us"), naive)},
        each(lambda x: x.replace(tzinfo=NEW_YORK) <= NOW + timedelta(minutes=30), "x"),
    ),
    "instant": Case(
        lambda n: {"not_in_future": n("x")},
        {"x": Column(BERLIN, aware)},
        each(lambda x: x <= NOW, "x"),
    ),
}
