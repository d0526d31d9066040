"""`casing` in plain Python."""

from __future__ import annotations

import polars as pl
from hypothesis import strategies as st

from tests.catalogue.case import Case, Column, each, texts

LETTERS = st.text("aAzZéÉßŸÿжЖ'\u2019 -3日\n", max_size=5)
TEXT = {"x": Column(pl.String, texts | LETTERS | st.sampled_from(["O'Hare", "New York", "3B"]))}


def small(letter: str) -> bool:
    return letter.islower() and letter.upper() != letter


def capital(letter: str) -> bool:
    return letter.isupper() and letter.lower() != letter


def title(text: str) -> bool:
    before = ""
    for letter in text:
        inside = small(before) or capital(before)
        free = before in "0123456789'\u2019" and before != ""
        if capital(letter) and inside:
            return False
        if small(letter) and not inside and not free:
            return False
        before = letter
    return True


CASES = {
    "upper": Case(
        lambda n: {"casing": {"column": n("x"), "case": "upper"}},
        TEXT,
        each(lambda x: not any(map(small, x)), "x"),
    ),
    "lower": Case(
        lambda n: {"casing": {"column": n("x"), "case": "lower"}},
        TEXT,
        each(lambda x: not any(map(capital, x)), "x"),
    ),
    "title": Case(
        lambda n: {"casing": {"column": n("x"), "case": "title"}}, TEXT, each(title, "x")
    ),
}
