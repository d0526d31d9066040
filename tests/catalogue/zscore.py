"""`zscore` in plain Python, with exact fractions."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import polars as pl
from hypothesis import strategies as st

from tests.catalogue.case import Case, Column, Rows, small, unknown

LIMIT = Fraction(1.3)
wild = st.integers(-40, 40).map(lambda n: n / 8) | st.sampled_from([1e3, -1e6, math.nan, math.inf])
far = st.sampled_from([1e9, 1e9 + 1, 1e9 + 2, 1e9 + 30])


def passes(value: Any, group: list[Any]) -> bool:
    if math.isinf(value):
        return False
    values = [Fraction(x) for x in group if not math.isinf(x)]
    mean = sum(values) / len(values)
    squares = sum((x - mean) ** 2 for x in values)
    # Not by deviations: a root is no fraction.
    return squares == 0 or (value - mean) ** 2 * (len(values) - 1) <= LIMIT**2 * squares


def alone(rows: Rows, _: Rows) -> list[bool | None]:
    group = [row["x"] for row in rows if not unknown(row["x"])]
    return [None if unknown(row["x"]) else passes(row["x"], group) for row in rows]


def grouped(rows: Rows, _: Rows) -> list[bool | None]:
    answers: list[bool | None] = []
    for row in rows:
        group = [r["x"] for r in rows if r["g"] == row["g"] and not unknown(r["x"])]
        known = row["g"] is not None and not unknown(row["x"])
        answers.append(passes(row["x"], group) if known else None)
    return answers


def case(column: Column) -> Case:
    return Case(lambda n: {"zscore": {"column": n("x"), "limit": 1.3}}, {"x": column}, alone)


CASES = {
    "float": case(Column(pl.Float64, wild)),
    "int": case(Column(pl.Int32, small)),
    "far from zero": case(Column(pl.Float64, far)),
    "groups": Case(
        lambda n: {"zscore": {"column": n("x"), "limit": 1.3, "by": n("g")}},
        {"x": Column(pl.Int16, small), "g": Column(pl.String, st.sampled_from(["a", "b"]))},
        grouped,
        max_rows=20,
    ),
}
