"""`matches` in plain Python."""

from __future__ import annotations

import re

import polars as pl
from hypothesis import strategies as st

from tests.catalogue.case import Case, Column, each, texts

TEXT = {"x": Column(pl.String, texts)}
CASES = {
    "search": Case(
        lambda n: {"matches": {"column": n("x"), "pattern": "[A-Z]{2}"}},
        TEXT,
        each(lambda x: re.search("[A-Z]{2}", x) is not None, "x"),
    ),
    "full": Case(
        lambda n: {"matches": {"column": n("x"), "pattern": "a|EWR|é", "full": True}},
        TEXT,
        each(lambda x: x in {"a", "EWR", "é"}, "x"),
    ),
    "category": Case(
        lambda n: {"matches": {"column": n("x"), "pattern": "^J"}},
        {"x": Column(pl.Categorical, st.sampled_from(["EWR", "JFK", "LGA"]))},
        each(lambda x: x == "JFK", "x"),
    ),
}
