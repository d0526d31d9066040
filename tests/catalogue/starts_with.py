"""`starts_with` in plain Python."""

from __future__ import annotations

import polars as pl

from tests.catalogue.case import Case, Column, each, texts

TEXT = {"x": Column(pl.String, texts)}
CASES = {
    "one": Case(
        lambda n: {"starts_with": {"column": n("x"), "prefix": "E"}},
        TEXT,
        each(lambda x: x.startswith("E"), "x"),
    ),
    "several": Case(
        lambda n: {"starts_with": {"column": n("x"), "prefix": ["é", "a\n", "0"]}},
        TEXT,
        each(lambda x: x.startswith(("é", "a\n", "0")), "x"),
    ),
}
