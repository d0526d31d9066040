"""`is_null` in plain Python."""

from __future__ import annotations

import polars as pl
from hypothesis import strategies as st

from tests.catalogue.case import Case, Column, Rows, dates, floats, ints, texts, unknown


def missing(rows: Rows, _: Rows) -> list[bool | None]:
    return [unknown(row["x"]) for row in rows]


def case(column: Column) -> Case:
    return Case(lambda n: {"is_null": n("x")}, {"x": column}, missing)


CASES = {
    "text": case(Column(pl.String, texts)),
    "float": case(Column(pl.Float64, floats)),
    "date": case(Column(pl.Date, dates)),
    "nested": case(Column(pl.List(pl.Int64), st.lists(ints, max_size=2))),
}
