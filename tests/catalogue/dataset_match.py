"""`dataset_match` in plain Python."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import polars as pl
from hypothesis import strategies as st

from tests.catalogue.case import (
    Case,
    Column,
    Row,
    Rows,
    dates,
    few,
    floats,
    naive,
    small,
    texts,
    unknown,
)

Same = Callable[[Any, Any], bool]


def differing(key: Sequence[str], same: Same) -> Callable[[Rows, Rows], float]:
    def oracle(rows: Rows, others: Rows) -> float:
        here, there = grouped(rows, key), grouped(others, key)
        compared = [n for n in rows[0] if n in others[0]] if rows and others else []
        return sum(
            not (
                len(here.get(k, [])) == len(there.get(k, [])) == 1
                and all(same(clean(here[k][0][n]), clean(there[k][0][n])) for n in compared)
            )
            for k in here.keys() | there.keys()
        )

    return oracle


def grouped(rows: Rows, key: Sequence[str]) -> dict[Any, list[Row]]:
    found: dict[Any, list[Row]] = {}
    for row in rows:
        found.setdefault(tuple(clean(row[n]) for n in key), []).append(row)
    return found


def clean(cell: Any) -> Any:
    return None if unknown(cell) else cell


def equal(one: Any, other: Any) -> bool:
    return bool(one == other)


def near(one: Any, other: Any) -> bool:
    if one is None or other is None or isinstance(one, str):
        return bool(one == other)
    return bool(one == other or abs(one - other) <= 5)


def near_share(one: Any, other: Any) -> bool:
    if one is None or other is None:
        return bool(one == other)
    return bool(one == other or abs(one - other) <= 0.5 * max(abs(one), abs(other)))


# Both tables are asked by the same names, so they cannot be drawn here.
CASES = {
    "all columns": Case(
        lambda n: {"dataset_match": {"table": "ref.other", "key": "n"}},
        {
            "n": Column(pl.Int32, few),
            "s": Column(pl.String, texts),
            "b": Column(pl.Boolean, st.booleans()),
            "d": Column(pl.Date, dates),
            "mine": Column(pl.Int8, few),
        },
        differing(["n"], equal),
        {
            "n": Column(pl.Int64, few),
            "b": Column(pl.Boolean, st.booleans()),
            "s": Column(pl.String, texts),
            "d": Column(pl.Date, dates),
        },
        odd_names=False,
    ),
    "composite key": Case(
        lambda n: {"dataset_match": {"table": "ref.other", "key": ["n", "t"]}},
        {"n": Column(pl.Int32, few), "t": Column(pl.Datetime("us"), naive)},
        differing(["n", "t"], equal),
        {"n": Column(pl.Int32, few), "t": Column(pl.Datetime("us"), naive)},
        odd_names=False,
    ),
    "tolerance": Case(
        lambda n: {
            "dataset_match": {"table": "ref.other", "key": "n", "columns": "x", "tolerance": 5}
        },
        {"n": Column(pl.Int32, few), "x": Column(pl.Float64, floats)},
        differing(["n"], near),
        {"n": Column(pl.Int32, few), "x": Column(pl.Int8, small)},
        odd_names=False,
    ),
    "share": Case(
        lambda n: {"dataset_match": {"table": "ref.other", "key": "n", "tolerance": "50%"}},
        {"n": Column(pl.Int32, few), "x": Column(pl.Int16, small)},
        differing(["n"], near_share),
        {"n": Column(pl.Int32, few), "x": Column(pl.Int8, small)},
        odd_names=False,
    ),
    "keys alone": Case(
        lambda n: {"dataset_match": {"table": "ref.other", "key": "n"}},
        {"n": Column(pl.Float64, st.sampled_from([0.5, float("nan"), 1.0]))},
        differing(["n"], equal),
        {"n": Column(pl.Float64, st.sampled_from([0.5, float("nan"), 2.0]))},
        odd_names=False,
    ),
}
