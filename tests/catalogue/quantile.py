"""`quantile` in plain Python."""

from __future__ import annotations

import math
from collections.abc import Callable

import polars as pl
from hypothesis import strategies as st

from tests.catalogue.case import Case, Column, Rows, known, plain_floats, small


def between(values: list[float], at: float) -> float:
    ordered = sorted(values)
    place = at * (len(ordered) - 1)
    low, high = ordered[math.floor(place)], ordered[math.ceil(place)]
    return low + (high - low) * (place - math.floor(place))


def quantile(at: float) -> Callable[[Rows, Rows], float | None]:
    def oracle(rows: Rows, _: Rows) -> float | None:
        values = [float(x) for x in known(rows, "x")]
        return between(values, at) if values else None

    return oracle


def case(column: Column, at: float, **options: bool) -> Case:
    return Case(
        lambda n: {"quantile": {"column": n("x"), "at": at, **options}}, {"x": column}, quantile(at)
    )


CASES = {
    "float": case(Column(pl.Float64, plain_floats), 0.9),
    "int": case(Column(pl.Int32, small), 0.25),
    "smallest": case(Column(pl.Int32, small), 0),
    "approximate is permitted": case(Column(pl.Float64, plain_floats), 1, exact=False),
    "decimal": case(Column(pl.Decimal(10, 2), st.decimals(-9, 9, places=2)), 0.33),
}
