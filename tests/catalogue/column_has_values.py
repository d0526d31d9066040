"""`column_has_values` in plain Python."""

from __future__ import annotations

import math

import polars as pl
from hypothesis import strategies as st

from tests.catalogue.case import Case, Column, Rows, known


def case(column: Column) -> Case:
    def empty(rows: Rows, _: Rows) -> float | None:
        return float(not [x for x in known(rows, "x") if x != ""]) if rows else None

    return Case(lambda n: {"column_has_values": n("x")}, {"x": column}, empty)


CASES = {
    "text": case(Column(pl.String, st.sampled_from(["", "a"]))),
    "float": case(Column(pl.Float64, st.sampled_from([math.nan, 0.0]))),
    "bool": case(Column(pl.Boolean, st.booleans())),
    "nested": case(Column(pl.List(pl.Int64), st.just([]))),
}
