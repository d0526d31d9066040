"""`aggregate_match` in plain Python."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from math import isclose
from statistics import fmean
from typing import Any

import polars as pl
from hypothesis import strategies as st

from tests.catalogue.case import (
    NEW_YORK,
    Case,
    Column,
    Rows,
    aware,
    dates,
    few,
    floats,
    ints,
    known,
    naive,
    plain_floats,
    small,
    texts,
)


def case(aggregate: str, here: Column, there: Column, **more: Any) -> Case:
    tolerance = more.get("tolerance", 0)
    return Case(
        lambda n: {
            "aggregate_match": {
                "column": n("x"),
                "aggregate": aggregate,
                "references": "ref.other.x",
                **more,
            }
        },
        {"x": here},
        difference(AGGREGATES[aggregate], tolerance),
        {"x": there},
    )


def difference(aggregate: Callable[[Sequence[Any]], Any], tolerance: float) -> Any:
    def oracle(rows: Rows, others: Rows) -> float | None:
        one, other = (number(aggregate(known(side, "x"))) for side in (rows, others))
        if one is None or other is None:
            return None
        off = 0.0 if one == other else abs(one - other)
        return 0.0 if off <= tolerance or isclose(one, other, rel_tol=1e-12) else off

    return oracle


def number(value: Any) -> float | None:
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=NEW_YORK)).timestamp()
    if isinstance(value, date):
        return datetime.combine(value, time(), NEW_YORK).timestamp()
    return None if value is None else float(value)


AGGREGATES: dict[str, Callable[[Sequence[Any]], Any]] = {
    "sum": lambda values: sum(map(float, values)),
    "mean": lambda values: fmean(values) if values else None,
    "min": lambda values: min(values, default=None),
    "max": lambda values: max(values, default=None),
    "count": len,
    "distinct_count": lambda values: len(set(values)),
}
NUMBER = Column(pl.Float64, plain_floats)

CASES = {
    "sum of floats": case("sum", NUMBER, NUMBER),
    "sum of integers": case("sum", Column(pl.Int8, small), Column(pl.Int64, small)),
    "mean": case("mean", NUMBER, Column(pl.Int32, small), tolerance=2.5),
    "min of integers": case("min", Column(pl.Int64, ints), Column(pl.Int32, few)),
    "max of floats": case("max", Column(pl.Float64, floats), NUMBER),
    "max of timestamps": case("max", Column(pl.Datetime("us"), naive), Column(pl.Date, dates)),
    "min of instants": case(
        "min", Column(pl.Datetime("us", "UTC"), aware), Column(pl.Datetime("us"), naive)
    ),
    "count": case("count", Column(pl.String, texts), NUMBER),
    "distinct_count": case(
        "distinct_count",
        Column(pl.String, texts),
        Column(pl.Float64, st.sampled_from([0.0, -0.0, 1.5, float("nan")])),
    ),
    "decimal": case("sum", Column(pl.Decimal(10, 2), st.decimals(-9, 9, places=2)), NUMBER),
}
