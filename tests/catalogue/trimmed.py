"""`trimmed` in plain Python."""

from __future__ import annotations

import polars as pl
from hypothesis import strategies as st

from tests.catalogue.case import Case, Column, each, texts

BLANK = "\t\n\x0b\x0c\r \x85\xa0\u1680\u2003\u2028\u2029\u202f\u205f\u3000"
CASES = {
    "white space": Case(
        lambda n: {"trimmed": n("x")},
        {"x": Column(pl.String, texts | st.text("aé" + BLANK + "\u200b", max_size=3))},
        each(lambda x: x.strip(BLANK + "".join(map(chr, range(0x2000, 0x200B)))) == x, "x"),
    ),
}
