"""`not_null` in plain Python."""

from __future__ import annotations

import polars as pl
from hypothesis import strategies as st

from tests.catalogue.case import Case, Column, Rows, floats, ints, texts, unknown


def there(rows: Rows, _: Rows) -> list[bool | None]:
    return [not unknown(row["x"]) for row in rows]


def case(column: Column) -> Case:
    return Case(lambda n: {"not_null": n("x")}, {"x": column}, there)


CASES = {
    "text": case(Column(pl.String, texts)),
    "float": case(Column(pl.Float64, floats)),
    "nested": case(Column(pl.List(pl.Int64), st.lists(ints, max_size=2))),
}
