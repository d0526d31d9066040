"""`column_exists` in plain Python."""

from __future__ import annotations

import polars as pl

from tests.catalogue.case import Case, Column, small

COLUMNS = {"x": Column(pl.Int64, small), "y": Column(pl.Int64, small)}

CASES = {
    "all there": Case(lambda n: {"column_exists": [n("x"), n("y")]}, COLUMNS, lambda *_: 0),
    "two missing": Case(
        lambda n: {"column_exists": {"columns": [n("x"), "no", "No"]}}, COLUMNS, lambda *_: 2
    ),
}
