"""`min` in plain Python."""

from __future__ import annotations

import polars as pl
from hypothesis import strategies as st

from tests.catalogue.case import ERROR, Case, Column, Rows, dates, floats, ints, known


def smallest(rows: Rows, _: Rows) -> float | None:
    return min((float(x) for x in known(rows, "x")), default=None)


CASES = {
    "int": Case(lambda n: {"min": n("x")}, {"x": Column(pl.Int64, ints)}, smallest),
    "float": Case(lambda n: {"min": n("x")}, {"x": Column(pl.Float64, floats)}, smallest),
    "decimal": Case(
        lambda n: {"min": n("x")},
        {"x": Column(pl.Decimal(10, 2), st.decimals(-9, 9, places=2))},
        smallest,
    ),
    "date": Case(lambda n: {"min": n("x")}, {"x": Column(pl.Date, dates)}, lambda _, __: ERROR),
}
