"""`word_count` in plain Python."""

from __future__ import annotations

import re
from typing import Any

import polars as pl
from hypothesis import strategies as st

from tests.catalogue.case import Case, Column, each, texts

BLANK = "\t\n\x0b\x0c\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
TEXT = {"x": Column(pl.String, texts | st.text("ab \n\xa0\u3000", max_size=12))}


def case(least: int | None, most: int | None) -> Case:
    bounds: dict[str, Any] = {"min": least, "max": most}
    given = {name: bound for name, bound in bounds.items() if bound is not None}

    def counts(x: str) -> bool:
        words = len(re.findall(f"[^{BLANK}]+", x))
        return (least or 0) <= words <= (words if most is None else most)

    return Case(lambda n: {"word_count": {"column": n("x"), **given}}, TEXT, each(counts, "x"))


CASES = {
    "both": case(2, 3),
    "at least one": case(1, None),
    "at least three": case(3, None),
    "none": case(None, 0),
    "from none": case(0, 2),
}
