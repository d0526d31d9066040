"""`length` in plain Python."""

from __future__ import annotations

import polars as pl
from hypothesis import strategies as st

from tests.catalogue.case import Case, Column, each, texts

TEXT = {"x": Column(pl.String, texts)}
CASES = {
    "both bounds": Case(
        lambda n: {"length": {"column": n("x"), "min": 1, "max": 2}},
        TEXT,
        each(lambda x: 1 <= len(x) <= 2, "x"),
    ),
    "at least": Case(
        lambda n: {"length": {"column": n("x"), "min": 3}},
        {"x": Column(pl.Categorical, st.sampled_from(["", "EWR", "é"]))},
        each(lambda x: len(x) >= 3, "x"),
    ),
    "bytes": Case(
        lambda n: {"length": {"column": n("x"), "max": 3, "unit": "bytes"}},
        TEXT,
        each(lambda x: len(x.encode()) <= 3, "x"),
    ),
}
