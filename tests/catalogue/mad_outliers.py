"""`mad_outliers` in plain Python."""

from __future__ import annotations

import math
from statistics import fmean, median
from typing import Any

import polars as pl
from hypothesis import strategies as st

from tests.catalogue.case import Case, Column, Rows, few, small, unknown

wild = st.integers(-40, 40).map(lambda n: n / 8) | st.sampled_from([1e3, -1e6, math.nan, -math.inf])


def passes(value: Any, group: list[Any]) -> bool:
    if math.isinf(value):
        return False
    values = [x for x in group if not math.isinf(x)]
    middle = median(values)
    distances = [abs(x - middle) for x in values]
    spread = median(distances) * 1.4826 or fmean(distances) * 1.2533
    return spread == 0 or abs(value - middle) <= 2.1 * spread


def alone(rows: Rows, _: Rows) -> list[bool | None]:
    group = [row["x"] for row in rows if not unknown(row["x"])]
    return [None if unknown(row["x"]) else passes(row["x"], group) for row in rows]


def grouped(rows: Rows, _: Rows) -> list[bool | None]:
    answers: list[bool | None] = []
    for row in rows:
        own = (row["g"], row["h"])
        group = [r["x"] for r in rows if (r["g"], r["h"]) == own and not unknown(r["x"])]
        known = None not in own and not unknown(row["x"])
        answers.append(passes(row["x"], group) if known else None)
    return answers


def case(column: Column) -> Case:
    return Case(lambda n: {"mad_outliers": {"column": n("x"), "limit": 2.1}}, {"x": column}, alone)


CASES = {
    "float": case(Column(pl.Float64, wild)),
    "int": case(Column(pl.Int8, small)),
    "mostly equal": case(Column(pl.Int8, st.just(5) | st.integers(4, 90))),
    "groups": Case(
        lambda n: {"mad_outliers": {"column": n("x"), "limit": 2.1, "by": [n("g"), n("h")]}},
        {
            "x": Column(pl.Int16, small),
            "g": Column(pl.Boolean, st.booleans()),
            "h": Column(pl.Int8, few),
        },
        grouped,
        max_rows=24,
    ),
}
