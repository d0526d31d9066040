"""`row_count` in plain Python."""

from __future__ import annotations

import polars as pl

from tests.catalogue.case import Case, Column, quoted, small

X = {"x": Column(pl.Int64, small)}
CASES = {
    "rows": Case(lambda n: {"row_count": {}}, X, lambda rows, _: len(rows)),
    "rows of a condition": Case(
        lambda n: {"row_count": {}, "where": f"{quoted(n('x'))} > 0"},
        X,
        lambda rows, _: sum(row["x"] is not None and row["x"] > 0 for row in rows),
    ),
}
