"""`median` in plain Python."""

from __future__ import annotations

import statistics

import polars as pl
from hypothesis import strategies as st

from tests.catalogue.case import Case, Column, Rows, known, plain_floats, small


def middle(rows: Rows, _: Rows) -> float | None:
    values = [float(x) for x in known(rows, "x")]
    return statistics.median(values) if values else None


CASES = {
    "float": Case(lambda n: {"median": n("x")}, {"x": Column(pl.Float64, plain_floats)}, middle),
    "int": Case(lambda n: {"median": n("x")}, {"x": Column(pl.Int8, small)}, middle),
    "decimal": Case(
        lambda n: {"median": n("x")},
        {"x": Column(pl.Decimal(10, 2), st.decimals(-9, 9, places=2))},
        middle,
    ),
}
