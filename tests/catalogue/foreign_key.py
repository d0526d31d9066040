"""`foreign_key` in plain Python."""

from __future__ import annotations

import polars as pl

from tests.catalogue.case import Case, Column, Rows, few, unknown

KEY = {"n": Column(pl.Int32, few), "m": Column(pl.Int64, few)}


def exists(rows: Rows, others: Rows) -> list[bool | None]:
    there = {tuple(row.values()) for row in others}
    keys = [tuple(row.values()) for row in rows]
    return [None if any(map(unknown, key)) else key in there for key in keys]


CASES = {
    "composite": Case(
        lambda n: {
            "foreign_key": {
                "columns": [n("n"), n("m")],
                "references": ["ref.other.n", "ref.other.m"],
            }
        },
        KEY,
        exists,
        others=KEY,
    ),
}
