"""`matches_any` in plain Python."""

from __future__ import annotations

import re

import polars as pl

from tests.catalogue.case import Case, Column, each, texts

TEXT = {"x": Column(pl.String, texts)}
CASES = {
    "search": Case(
        lambda n: {"matches_any": {"column": n("x"), "patterns": ["^J|K$", "[0-9]", "é"]}},
        TEXT,
        each(lambda x: x[:1] == "J" or x[-1:] == "K" or re.search("[0-9é]", x) is not None, "x"),
    ),
    "full": Case(
        lambda n: {"matches_any": {"column": n("x"), "patterns": ["E|W", "JF?K"], "full": True}},
        TEXT,
        each(lambda x: x in {"E", "W", "JK", "JFK"}, "x"),
    ),
    "one": Case(
        lambda n: {"matches_any": {"column": n("x"), "patterns": ["a.b"]}},
        TEXT,
        each(lambda x: re.search("a[^\n]b", x) is not None, "x"),
    ),
}
