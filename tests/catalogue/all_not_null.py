"""`all_not_null` in plain Python."""

from __future__ import annotations

import polars as pl

from tests.catalogue.case import Case, Column, floats, ints, texts, unknown

THREE = {
    "a": Column(pl.Int64, ints),
    "b": Column(pl.Float64, floats),
    "c": Column(pl.String, texts),
}
CASES = {
    "three": Case(
        lambda n: {"all_not_null": [n("a"), n("b"), n("c")]},
        THREE,
        lambda rows, _: [not any(map(unknown, row.values())) for row in rows],
    ),
}
