"""`iqr_outliers` in plain Python."""

from __future__ import annotations

import math
from typing import Any

import polars as pl
from hypothesis import strategies as st

from tests.catalogue.case import Case, Column, Rows, small, unknown

wild = st.integers(-40, 40).map(lambda n: n / 8) | st.sampled_from([1e3, -1e6, math.nan, math.inf])


def quartile(values: list[float], quarter: int) -> float:
    ordered = sorted(values)
    whole, rest = divmod((len(ordered) - 1) * quarter, 4)
    return ordered[whole] + (ordered[min(whole + 1, len(ordered) - 1)] - ordered[whole]) * rest / 4


def passes(value: Any, group: list[Any]) -> bool:
    if math.isinf(value):
        return False
    values = [x for x in group if not math.isinf(x)]
    low, high = quartile(values, 1), quartile(values, 3)
    return bool(low - 1.5 * (high - low) <= value <= high + 1.5 * (high - low))


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


CASES = {
    "float": Case(lambda n: {"iqr_outliers": n("x")}, {"x": Column(pl.Float64, wild)}, alone),
    "int": Case(lambda n: {"iqr_outliers": n("x")}, {"x": Column(pl.Int64, small)}, alone),
    "groups": Case(
        lambda n: {"iqr_outliers": {"column": n("x"), "k": 1.5, "by": [n("g")]}},
        {"x": Column(pl.Int16, small), "g": Column(pl.String, st.sampled_from(["a", "b"]))},
        grouped,
        max_rows=20,
    ),
}
