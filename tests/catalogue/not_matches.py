"""`not_matches` in plain Python."""

from __future__ import annotations

import re

import polars as pl

from tests.catalogue.case import Case, Column, each, texts

TEXT = {"x": Column(pl.String, texts)}
CASES = {
    "search": Case(
        lambda n: {"not_matches": {"column": n("x"), "pattern": "[A-Z]{2}"}},
        TEXT,
        each(lambda x: re.search("[A-Z]{2}", x) is None, "x"),
    ),
    "full": Case(
        lambda n: {"not_matches": {"column": n("x"), "pattern": "a.b|EWR", "full": True}},
        TEXT,
        each(lambda x: re.fullmatch("a.b|EWR", x) is None, "x"),
    ),
}
