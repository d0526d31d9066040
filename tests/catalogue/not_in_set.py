"""`not_in_set` in plain Python."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

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
    texts,
)


def case(column: Column, listed: list[Any], members: set[Any]) -> Case:
    return Case(
        lambda n: {"not_in_set": {"column": n("x"), "values": listed}},
        {"x": column},
        each(lambda x: x not in members, "x"),
    )


MIDNIGHT = datetime(2013, 7, 1)  # noqa: DTZ001 - without a zone
LOCAL_MIDNIGHT = MIDNIGHT.replace(tzinfo=NEW_YORK)
CASES = {
    "text": case(Column(pl.String, texts), ["EWR", "é"], {"EWR", "é"}),
    "many texts": case(
        Column(pl.String, texts), [*"abcdefghij", "EWR", ""], {*"abcdefghij", "EWR", ""}
    ),
    "category": case(
        Column(pl.Categorical, st.sampled_from(["EWR", "JFK", "LGA"])),
        ["EWR", "JFK"],
        {"EWR", "JFK"},
    ),
    "int": case(Column(pl.Int8, small), [1, 2.0, 2.5, 1000], {1, 2}),
    "wide int": case(Column(pl.Int64, ints), [0, -(2**63), 2**63 - 1], {0, -(2**63), 2**63 - 1}),
    "nothing fits": case(Column(pl.Int64, ints), [2.5], set()),
    "float": case(Column(pl.Float64, floats), [1, 0.5, 0], {0, 0.5, 1}),
    "bool": case(Column(pl.Boolean, st.booleans()), [True], {True}),
    "date": case(Column(pl.Date, dates), ["2013-07-01"], {date(2013, 7, 1)}),
    "timestamp": case(
        Column(pl.Datetime("us"), naive | st.just(MIDNIGHT)), ["2013-07-01"], {MIDNIGHT}
    ),
    "instant": case(
        Column(BERLIN, aware | st.just(LOCAL_MIDNIGHT.astimezone(UTC))),
        ["2013-07-01", "2013-07-01T04:00:00Z"],
        {LOCAL_MIDNIGHT},
    ),
}
