"""`file_count` in plain Python: rows alone lie in no files."""

from __future__ import annotations

import polars as pl

from tests.catalogue.case import Case, Column, few

CASES = {
    "no files": Case(
        lambda n: {"file_count": {}}, {"x": Column(pl.Int64, few)}, lambda rows, others: None
    )
}
