"""`unique_within_record` in plain Python."""

from __future__ import annotations

import math

import polars as pl
from hypothesis import strategies as st

from tests.catalogue.case import Case, Column, Rows, dates, few, unknown

NUMBERS = {
    "a": Column(pl.Int8, few),
    "b": Column(pl.Int64, few),
    "c": Column(pl.Float64, st.sampled_from([0.0, -0.0, 1.0, 2.5, math.nan])),
}
words = Column(pl.String, st.sampled_from(["EWR", "JFK", "LGA"]))


def differ(rows: Rows, _: Rows) -> list[bool | None]:
    there = [[x for x in row.values() if not unknown(x)] for row in rows]
    return [None if len(found) < 2 else len(set(found)) == len(found) for found in there]


CASES = {
    "numbers": Case(lambda n: {"unique_within_record": [n("a"), n("b"), n("c")]}, NUMBERS, differ),
    "texts": Case(
        lambda n: {"unique_within_record": {"columns": [n("a"), n("b")]}},
        {"a": words, "b": Column(pl.Categorical, words.cells)},
        differ,
    ),
    "dates": Case(
        lambda n: {"unique_within_record": [n("a"), n("b")]},
        dict.fromkeys(("a", "b"), Column(pl.Date, dates)),
        differ,
    ),
}
