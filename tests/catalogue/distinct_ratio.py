"""`distinct_ratio` in plain Python."""

from __future__ import annotations

import polars as pl

from tests.catalogue.case import Case, Column, Rows, texts
from tests.catalogue.distinct_count import different
from tests.catalogue.unique import COLUMNS, key_of


def ratio(rows: Rows, _: Rows) -> float | None:
    judged = sum(key_of(row) is not None for row in rows)
    return different(rows, _) / judged if judged else None


CASES = {
    "text": Case(lambda n: {"distinct_ratio": n("x")}, {"x": Column(pl.String, texts)}, ratio),
    "composite": Case(lambda n: {"distinct_ratio": [n("n"), n("f")]}, COLUMNS, ratio),
}
