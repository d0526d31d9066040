"""`compare_columns` in plain Python."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import polars as pl
from hypothesis import strategies as st

from tests.catalogue.case import (
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

Relation = Callable[[Any, Any], bool]
RELATIONS: dict[str, Relation] = {
    "=": operator.eq,
    "==": operator.eq,
    "<>": operator.ne,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
NUMBERS = {"a": Column(pl.Int8, small), "b": Column(pl.Float64, floats)}


def case(op: str, columns: dict[str, Column], holds: Relation) -> Case:
    return Case(
        lambda n: {"compare_columns": {"column": n("a"), "op": op, "other": n("b")}},
        columns,
        each(holds, "a", "b"),
    )


def same(dtype: Any, cells: st.SearchStrategy[Any]) -> dict[str, Column]:
    return dict.fromkeys(("a", "b"), Column(dtype, cells))


CASES = {
    **{f"numbers {op}": case(op, NUMBERS, holds) for op, holds in RELATIONS.items()},
    "wide integers": case("<", same(pl.Int64, ints), operator.lt),
    "texts": case("=", same(pl.String, texts), operator.eq),
    "booleans": case("<>", same(pl.Boolean, st.booleans()), operator.ne),
    "dates": case("<=", same(pl.Date, dates), operator.le),
    "timestamp and instant": case(
        ">",
        {
            "a": Column(pl.Datetime("us"), naive),
            "b": Column(pl.Datetime("us", "UTC"), aware),
        },
        lambda a, b: a.replace(tzinfo=NEW_YORK) > b,
    ),
}
