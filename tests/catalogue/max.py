"""`max` in plain Python."""

from __future__ import annotations

import polars as pl
from hypothesis import strategies as st

from tests.catalogue.case import ERROR, Case, Column, Rows, floats, ints, known, naive


def largest(rows: Rows, _: Rows) -> float | None:
    return max((float(x) for x in known(rows, "x")), default=None)


CASES = {
    "int": Case(lambda n: {"max": n("x")}, {"x": Column(pl.Int64, ints)}, largest),
    "float": Case(lambda n: {"max": n("x")}, {"x": Column(pl.Float64, floats)}, largest),
    "decimal": Case(
        lambda n: {"max": n("x")},
        {"x": Column(pl.Decimal(10, 2), st.decimals(-9, 9, places=2))},
        largest,
    ),
    "timestamp": Case(
        lambda n: {"max": n("x")}, {"x": Column(pl.Datetime("us"), naive)}, lambda _, __: ERROR
    ),
}
