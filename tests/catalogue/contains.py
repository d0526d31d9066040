"""`contains` in plain Python."""

from __future__ import annotations

import polars as pl
from hypothesis import strategies as st

from tests.catalogue.case import Case, Column, each, texts

TEXT = {"x": Column(pl.String, texts | st.text("a.(\\", max_size=4))}
CASES = {
    "one": Case(
        lambda n: {"contains": {"column": n("x"), "text": "("}},
        TEXT,
        each(lambda x: "(" in x, "x"),
    ),
    "several": Case(
        lambda n: {"contains": {"column": n("x"), "text": [".", "WR", "\\"]}},
        TEXT,
        each(lambda x: "." in x or "WR" in x or "\\" in x, "x"),
    ),
}
