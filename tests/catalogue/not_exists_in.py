"""`not_exists_in` in plain Python."""

from __future__ import annotations

import polars as pl

from tests.catalogue.case import Case, Column, Rows, few, texts, unknown

KEY = {"n": Column(pl.Int32, few), "m": Column(pl.Int64, few)}


def absent(rows: Rows, others: Rows) -> list[bool | None]:
    there = {tuple(row.values()) for row in others}
    keys = [tuple(row.values()) for row in rows]
    return [None if any(map(unknown, key)) else key not in there for key in keys]


CASES = {
    "one column": Case(
        lambda n: {"not_exists_in": {"column": n("x"), "references": "ref.other.x"}},
        {"x": Column(pl.String, texts)},
        absent,
        others={"x": Column(pl.String, texts)},
    ),
    "composite": Case(
        lambda n: {
            "not_exists_in": {
                "columns": [n("n"), n("m")],
                "references": ["ref.other.n", "ref.other.m"],
            }
        },
        KEY,
        absent,
        others=KEY,
    ),
}
