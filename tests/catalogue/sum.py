"""`sum` in plain Python."""

from __future__ import annotations

import math
from typing import Any

import polars as pl
from hypothesis import strategies as st

from tests.catalogue.case import ERROR, Case, Column, Rows, known, plain_floats, small

endless = st.sampled_from([math.inf, -math.inf, 1.5, math.nan])


def total(rows: Rows, _: Rows) -> Any:
    values = [float(x) for x in known(rows, "x")]
    if {math.inf, -math.inf} <= set(values):
        return ERROR
    return math.fsum(values) if values else None


CASES = {
    "int": Case(
        lambda n: {"sum": n("x")}, {"x": Column(pl.Int64, st.integers(-(2**48), 2**48))}, total
    ),
    "narrow int": Case(lambda n: {"sum": n("x")}, {"x": Column(pl.Int8, small)}, total),
    "float": Case(lambda n: {"sum": n("x")}, {"x": Column(pl.Float64, plain_floats)}, total),
    "infinite": Case(lambda n: {"sum": n("x")}, {"x": Column(pl.Float64, endless)}, total),
    "decimal": Case(
        lambda n: {"sum": n("x")},
        {"x": Column(pl.Decimal(10, 2), st.decimals(-9, 9, places=2))},
        total,
    ),
    "where": Case(
        lambda n: {"sum": n("x"), "where": f'"{n("y")}" > 0'.replace('say "x"', 'say ""x""')},
        {"x": Column(pl.Int32, small), "y": Column(pl.Int32, small)},
        lambda rows, _: total([row for row in rows if (row["y"] or 0) > 0], []),
    ),
}
