"""`ends_with` in plain Python."""

from __future__ import annotations

import polars as pl

from tests.catalogue.case import Case, Column, each, texts

TEXT = {"x": Column(pl.String, texts)}
CASES = {
    "one": Case(
        lambda n: {"ends_with": {"column": n("x"), "suffix": "R"}},
        TEXT,
        each(lambda x: x.endswith("R"), "x"),
    ),
    "several": Case(
        lambda n: {"ends_with": {"column": n("x"), "suffix": ["\n", "é", "0"]}},
        TEXT,
        each(lambda x: x.endswith(("\n", "é", "0")), "x"),
    ),
}
