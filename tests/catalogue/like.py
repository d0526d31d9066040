"""`like` in plain Python."""

from __future__ import annotations

import polars as pl
from hypothesis import strategies as st

from tests.catalogue.case import Case, Column, each, texts

TEXT = {"x": Column(pl.String, texts | st.text("aAb%_\n", max_size=4))}


def like(text: str, pattern: str) -> bool:
    """Read the pattern character by character."""
    if not pattern:
        return not text
    if pattern[0] == "%":
        return any(like(text[start:], pattern[1:]) for start in range(len(text) + 1))
    return bool(text) and pattern[0] in {"_", text[0]} and like(text[1:], pattern[1:])


def case(pattern: str) -> Case:
    return Case(
        lambda n: {"like": {"column": n("x"), "pattern": pattern}},
        TEXT,
        each(lambda x: like(x, pattern), "x"),
    )


CASES = {
    **{
        pattern: case(pattern)
        for pattern in ("a%", "%b", "%a%", "a", "%", "a_b", "%a%b", "_", "%.%")
    },
    "ignoring case": Case(
        lambda n: {"like": {"column": n("x"), "pattern": "A%", "ignore_case": True}},
        TEXT,
        each(lambda x: x[:1] in {"a", "A"}, "x"),
    ),
}
