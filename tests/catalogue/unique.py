"""`unique` in plain Python, and how other checks of keys are read."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import polars as pl
from hypothesis import strategies as st

from tests.catalogue.case import Case, Column, Row, Rows, dates, few, texts, unknown

COLUMNS = {
    "n": Column(pl.Int32, few),
    "f": Column(pl.Float64, st.sampled_from([0.5, 1.0, math.nan, -0.0, 0.0])),
}


def key_of(row: Row) -> tuple[Any, ...] | None:
    """Return a row's key, None where it has none."""
    key = tuple(row.values())
    return None if any(map(unknown, key)) else key


def once(rows: Rows, stored: Rows) -> list[bool | None]:
    keys = [key_of(row) for row in rows]
    times = Counter(keys)
    others = [key_of(row) for row in stored]
    return [None if key is None else times[key] == 1 and key not in others for key in keys]


def one(column: Column) -> Case:
    return Case(lambda n: {"unique": n("x")}, {"x": column}, once, stored=True)


CASES = {
    "composite": Case(lambda n: {"unique": [n("n"), n("f")]}, COLUMNS, once, stored=True),
    "text": one(Column(pl.String, texts)),
    "date": one(Column(pl.Date, dates)),
    "category": one(Column(pl.Categorical, st.sampled_from(["EWR", "JFK", "LGA"]))),
}
