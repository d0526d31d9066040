"""`compare_columns` in plain Python."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import polars as pl
from hypothesis import strategies as st

from tests.catalogue.case import (
    NEW_YORK,
    Case,
    Column,
    dates,
    each,
    floats,
    ints,
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


near_numbers = st.sampled_from([-1.0, 0.0, 1.0, 1.25, 1.5, 2.0, 100.0, 101.0, 1e300, math.inf])
NEAR = {
    "a": Column(pl.Float64, near_numbers | st.just(-math.inf)),
    "b": Column(pl.Float64, near_numbers | st.just(math.nan)),
}


def tolerant(op: str, tolerance: float | str, close: Relation, columns: Any = NEAR) -> Case:
    def holds(a: Any, b: Any) -> bool:
        if op in {"<>", "!="}:
            return not close(a, b)
        return RELATIONS[op](a, b) or close(a, b)

    return Case(
        lambda n: {
            "compare_columns": {
                "column": n("a"),
                "op": op,
                "other": n("b"),
                "tolerance": tolerance,
            }
        },
        columns,
        each(holds, "a", "b"),
    )


def within_a_quarter(a: float, b: float) -> bool:
    return a == b or abs(a - b) <= 0.25


def within_a_hundredth(a: float, b: float) -> bool:
    return math.isclose(a, b, rel_tol=0.01, abs_tol=0)


# Within the four hours between the clocks of New York and UTC.
ELEVEN, TWO = datetime(2013, 7, 1, 11), datetime(2013, 7, 1, 14)  # noqa: DTZ001 - without a zone
near_noon = st.datetimes(ELEVEN, TWO)


def same(dtype: Any, cells: st.SearchStrategy[Any]) -> dict[str, Column]:
    return dict.fromkeys(("a", "b"), Column(dtype, cells))


CASES = {
    **{f"numbers {op}": case(op, NUMBERS, holds) for op, holds in RELATIONS.items()},
    **{f"near {op}": tolerant(op, 0.25, within_a_quarter) for op in RELATIONS},
    **{f"share {op}": tolerant(op, "1%", within_a_hundredth) for op in ("=", "<>", "<=")},
    "near integers": tolerant("=", 1, lambda a, b: abs(a - b) <= 1, same(pl.Int16, small)),
    "wide integers": case("<", same(pl.Int64, ints), operator.lt),
    "texts": case("=", same(pl.String, texts), operator.eq),
    "booleans": case("<>", same(pl.Boolean, st.booleans()), operator.ne),
    "dates": case("<=", same(pl.Date, dates), operator.le),
    "timestamp and instant": case(
        ">",
        {
            "a": Column(pl.Datetime("us"), near_noon),
            "b": Column(
                pl.Datetime("us", "UTC"), near_noon.map(lambda moment: moment.replace(tzinfo=UTC))
            ),
        },
        lambda a, b: a.replace(tzinfo=NEW_YORK) > b,
    ),
}
