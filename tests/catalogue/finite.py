"""`finite` in plain Python."""

from __future__ import annotations

import math
import sys

import polars as pl
from hypothesis import strategies as st

from tests.catalogue.case import Case, Column, Rows, floats, ints


def bounded(rows: Rows, _: Rows) -> list[bool | None]:
    return [None if row["x"] is None else math.isfinite(row["x"]) for row in rows]


def case(column: Column) -> Case:
    return Case(lambda n: {"finite": n("x")}, {"x": column}, bounded)


CASES = {
    "float": case(Column(pl.Float64, floats | st.just(-sys.float_info.max))),
    "narrow float": case(
        Column(pl.Float32, st.sampled_from([0.5, -math.inf, math.nan, 3.4028234663852886e38]))
    ),
    "int": case(Column(pl.Int64, ints)),
    "decimal": case(Column(pl.Decimal(10, 2), st.decimals(-9, 9, places=2))),
}
