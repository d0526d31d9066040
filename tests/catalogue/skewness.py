"""`skewness` in plain Python, with exact fractions."""

from __future__ import annotations

from fractions import Fraction

import polars as pl
from hypothesis import strategies as st

from tests.catalogue.case import Case, Column, Rows, known, small

grid = st.integers(-1000, 1000).map(lambda n: n / 8)


def shape(rows: Rows, _: Rows) -> float | None:
    values = [Fraction(x) for x in known(rows, "x")]
    if len(set(values)) < 2:
        return None
    mean = sum(values) / len(values)
    m2, moment = (sum((x - mean) ** k for x in values) / len(values) for k in (2, 3))
    return float(float(moment) / float(m2) ** 1.5)


CASES = {
    "float": Case(lambda n: {"skewness": n("x")}, {"x": Column(pl.Float64, grid)}, shape),
    "int": Case(lambda n: {"skewness": n("x")}, {"x": Column(pl.Int16, small)}, shape),
}
