"""`mean` in plain Python."""

from __future__ import annotations

import polars as pl

from tests.catalogue.case import Case, Column, Rows, known, plain_floats, small


def average(rows: Rows, _: Rows) -> float | None:
    values = known(rows, "x")
    return sum(values) / len(values) if values else None


CASES = {
    "float": Case(lambda n: {"mean": n("x")}, {"x": Column(pl.Float64, plain_floats)}, average),
    "int": Case(lambda n: {"mean": n("x")}, {"x": Column(pl.Int16, small)}, average),
}
