"""`not_in_range` in plain Python."""

from __future__ import annotations

from datetime import UTC, date, datetime

import polars as pl
from hypothesis import strategies as st

from tests.catalogue.case import (
    BERLIN,
    NEW_YORK,
    Case,
    Column,
    aware,
    dates,
    each,
    floats,
    ints,
    naive,
    small,
)

CASES = {
    "int": Case(
        lambda n: {"not_in_range": {"column": n("x"), "min": -5, "max": 5}},
        {"x": Column(pl.Int64, ints)},
        each(lambda x: not -5 <= x <= 5, "x"),
    ),
    "narrow int": Case(
        lambda n: {"not_in_range": {"column": n("x"), "min": 50, "max": 1000}},
        {"x": Column(pl.Int8, small)},
        each(lambda x: x < 50, "x"),
    ),
    "float": Case(
        lambda n: {
            "not_in_range": {
                "column": n("x"),
                "min": 0,
                "max": 0.5,
                "exclusive_min": True,
                "exclusive_max": True,
            }
        },
        {"x": Column(pl.Float64, floats)},
        each(lambda x: not 0 < x < 0.5, "x"),
    ),
    "one value": Case(
        lambda n: {"not_in_range": {"column": n("x"), "min": 0.1, "max": 0.1}},
        {"x": Column(pl.Decimal(10, 2), st.decimals(-1, 1, places=2))},
        each(lambda x: float(x) != 0.1, "x"),
    ),
    "date": Case(
        lambda n: {"not_in_range": {"column": n("x"), "min": "2013-06-30", "max": "2013-07-01"}},
        {"x": Column(pl.Date, dates)},
        each(lambda x: not date(2013, 6, 30) <= x <= date(2013, 7, 1), "x"),
    ),
    "timestamp": Case(
        lambda n: {
            "not_in_range": {
                "column": n("x"),
                "min": "2013-06-30T12:00:00",
                "max": "2013-07-01T00:00:00",
            }
        },
        {"x": Column(pl.Datetime("us"), naive)},
        each(
            lambda x: (
                not datetime(2013, 6, 30, 12, tzinfo=NEW_YORK)
                <= x.replace(tzinfo=NEW_YORK)
                <= datetime(2013, 7, 1, 4, tzinfo=UTC)
            ),
            "x",
        ),
    ),
    "instant": Case(
        lambda n: {"not_in_range": {"column": n("x"), "min": "2013-07-01", "max": "2013-07-02"}},
        {"x": Column(BERLIN, aware)},
        each(lambda x: x < datetime(2013, 7, 1, tzinfo=NEW_YORK), "x"),
    ),
}
