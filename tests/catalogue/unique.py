"""`unique` in plain Python."""

from __future__ import annotations

import math
from collections import Counter

import polars as pl
from hypothesis import strategies as st

from tests.catalogue.case import Case, Column, Rows, few, unknown

COLUMNS = {
    "n": Column(pl.Int32, few),
    "f": Column(pl.Float64, st.sampled_from([0.5, 1.0, math.nan, -0.0, 0.0])),
}


def once(rows: Rows, stored: Rows) -> list[bool | None]:
    keys = [tuple(row.values()) for row in rows]
    times = Counter(keys)
    others = [tuple(row.values()) for row in stored]
    return [
        None if any(map(unknown, key)) else times[key] == 1 and key not in others for key in keys
    ]


CASES = {
    "composite": Case(lambda n: {"unique": [n("n"), n("f")]}, COLUMNS, once, stored=True),
}
