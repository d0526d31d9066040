"""`stddev` in plain Python, with exact fractions."""

from __future__ import annotations

import math
from fractions import Fraction
from statistics import variance
from typing import Any

import polars as pl
from hypothesis import strategies as st

from tests.catalogue.case import ERROR, Case, Column, Rows, known, small

grid = st.integers(-1000, 1000).map(lambda n: n / 8)
far = st.integers(0, 100).map(lambda n: 1e9 + n)


def deviation(rows: Rows, _: Rows) -> Any:
    if any(map(math.isinf, known(rows, "x"))):
        return ERROR
    values = [Fraction(x) for x in known(rows, "x")]
    return math.sqrt(variance(values)) if len(values) > 1 else None


CASES = {
    "float": Case(lambda n: {"stddev": n("x")}, {"x": Column(pl.Float64, grid)}, deviation),
    "int": Case(lambda n: {"stddev": n("x")}, {"x": Column(pl.Int8, small)}, deviation),
    "infinite": Case(
        lambda n: {"stddev": n("x")},
        {"x": Column(pl.Float64, st.sampled_from([1.0, 2.0, math.inf]))},
        deviation,
    ),
    "far from zero": Case(lambda n: {"stddev": n("x")}, {"x": Column(pl.Float64, far)}, deviation),
}
