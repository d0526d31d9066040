"""`compare` in plain Python."""

from __future__ import annotations

import operator
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
)
from tests.catalogue.compare_columns import RELATIONS, Relation


def case(column: Column, op: str, value: Any, holds: Relation, against: Any = None) -> Case:
    other = value if against is None else against
    return Case(
        lambda n: {"compare": {"column": n("x"), "op": op, "value": value}},
        {"x": column},
        each(lambda x: holds(x, other), "x"),
    )


CASES = {
    **{
        f"float {op}": case(Column(pl.Float64, floats), op, 0.5, holds)
        for op, holds in RELATIONS.items()
    },
    "int": case(Column(pl.Int64, ints), ">", 3, operator.gt),
    "narrow int": case(Column(pl.Int8, small), "<", 1000, operator.lt),
    "int beside a fraction": case(Column(pl.Int64, small), ">=", 2.5, operator.ge),
    "text": case(Column(pl.String, st.sampled_from(["EWR", "JFK", ""])), "<>", "EWR", operator.ne),
    "category": case(Column(pl.Categorical, st.sampled_from(["a", "b"])), "=", "b", operator.eq),
    "bool": case(Column(pl.Boolean, st.booleans()), "=", value=True, holds=operator.eq),
    "date": case(Column(pl.Date, dates), "<", "2013-07-01", operator.lt, date(2013, 7, 1)),
    "timestamp": case(
        Column(pl.Datetime("us"), naive),
        ">=",
        "2013-07-01T04:00:00Z",
        lambda x, y: x.replace(tzinfo=NEW_YORK) >= y,
        datetime(2013, 7, 1, 4, tzinfo=UTC),
    ),
    "instant": case(
        Column(BERLIN, aware),
        "<=",
        "2013-07-01",
        operator.le,
        datetime(2013, 7, 1, tzinfo=NEW_YORK),
    ),
}
