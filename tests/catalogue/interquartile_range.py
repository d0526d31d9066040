"""`interquartile_range` in plain Python."""

from __future__ import annotations

import statistics

import polars as pl

from tests.catalogue.case import Case, Column, Rows, known, plain_floats, small


def width(rows: Rows, _: Rows) -> float | None:
    values = [float(x) for x in known(rows, "x")]
    if len(values) < 2:
        return 0.0 if values else None
    low, _middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return high - low


CASES = {
    "float": Case(
        lambda n: {"interquartile_range": n("x")}, {"x": Column(pl.Float64, plain_floats)}, width
    ),
    "int": Case(lambda n: {"interquartile_range": n("x")}, {"x": Column(pl.Int8, small)}, width),
}
