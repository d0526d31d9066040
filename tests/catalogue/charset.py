"""`charset` in plain Python."""

from __future__ import annotations

import string
import unicodedata

import polars as pl
from hypothesis import strategies as st

from tests.catalogue.case import Case, Column, each, texts

SPECIAL = "]^-\\[&~$.*"
MIXED = st.text("aZ09é日 \t\x7f\x80\x9f\xa0\u2028\U0001f600" + SPECIAL, max_size=4)
TEXT = {"x": Column(pl.String, texts | MIXED)}


def case(only: str, allowed: str) -> Case:
    return Case(
        lambda n: {"charset": {"column": n("x"), "only": only}},
        TEXT,
        each(lambda x: set(x) <= set(allowed), "x"),
    )


CASES = {
    "ascii": case("ascii", "".join(map(chr, range(128)))),
    "ascii and others": Case(
        lambda n: {"charset": {"column": n("x"), "only": "ascii", "also": "é\x80\x81日"}},
        TEXT,
        each(lambda x: all(c.isascii() or c in "é\x80\x81日" for c in x), "x"),
    ),
    "alpha": case("alpha", string.ascii_letters),
    "digits": case("digits", string.digits),
    "alphanumeric": case("alphanumeric", string.ascii_letters + string.digits),
    "printable": Case(
        lambda n: {"charset": {"column": n("x"), "only": "printable"}},
        TEXT,
        each(lambda x: not any(unicodedata.category(c) in {"Cc", "Zl", "Zp"} for c in x), "x"),
    ),
    "and others": Case(
        lambda n: {"charset": {"column": n("x"), "only": "digits", "also": SPECIAL + "é"}},
        TEXT,
        each(lambda x: set(x) <= set(string.digits + SPECIAL + "é"), "x"),
    ),
    "only others": Case(
        lambda n: {"charset": {"column": n("x"), "also": "^a"}},
        TEXT,
        each(lambda x: set(x) <= set("^a"), "x"),
    ),
}
