"""`not_blank` in plain Python."""

from __future__ import annotations

import unicodedata

import polars as pl
from hypothesis import strategies as st

from tests.catalogue.case import Case, Column, each

spaces = st.text("\t\n\x0b\x0c\r \x85\xa0\u2003\u2028\u3000", max_size=3)
words = st.builds(lambda a, b, c: a + b + c, spaces, st.sampled_from(["", "a", "é", "."]), spaces)
# These look blank and are no white space: zero-width characters and the unit separator.
nearly = st.sampled_from(["\u200b", "\ufeff", "\x1f"])


def says_something(x: str) -> bool:
    blank = {"Zs", "Zl", "Zp"}
    return any(c not in "\t\n\x0b\x0c\r\x85" and unicodedata.category(c) not in blank for c in x)


CASES = {
    "text": Case(
        lambda n: {"not_blank": n("x")},
        {"x": Column(pl.String, words | nearly)},
        each(says_something, "x"),
    ),
    "category": Case(
        lambda n: {"not_blank": n("x")},
        {"x": Column(pl.Categorical, st.sampled_from(["", " ", "EWR"]))},
        each(lambda x: x == "EWR", "x"),
    ),
}
