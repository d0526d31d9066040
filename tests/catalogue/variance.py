"""`variance` in plain Python, with exact fractions."""

from __future__ import annotations

from fractions import Fraction
from statistics import variance

import polars as pl
from hypothesis import strategies as st

from tests.catalogue.case import Case, Column, Rows, known, small

grid = st.integers(-1000, 1000).map(lambda n: n / 8)
far = st.integers(0, 100).map(lambda n: 1e9 + n)


def spread(rows: Rows, _: Rows) -> float | None:
    values = [Fraction(x) for x in known(rows, "x")]
    return float(variance(values)) if len(values) > 1 else None


CASES = {
    "float": Case(lambda n: {"variance": n("x")}, {"x": Column(pl.Float64, grid)}, spread),
    "int": Case(lambda n: {"variance": n("x")}, {"x": Column(pl.Int8, small)}, spread),
    "far from zero": Case(lambda n: {"variance": n("x")}, {"x": Column(pl.Float64, far)}, spread),
}
