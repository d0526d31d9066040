"""`expression` in plain Python."""

from __future__ import annotations

import math

import polars as pl

from tests.catalogue.case import Case, Column, Row, floats, quoted, small, unknown

PAIR = {"a": Column(pl.Int8, small), "b": Column(pl.Float64, floats)}


def line(row: Row) -> bool | None:
    a, b = row["a"], row["b"]
    if unknown(a) or unknown(b) or math.isnan(b * 2 - 3):
        return None
    return bool(b * 2 - 3 <= a)


def either(row: Row) -> bool | None:
    """Answer `a > 0 OR b > 0` as SQL does."""
    sides = [None if unknown(x) else x > 0 for x in row.values()]
    return True if True in sides else None if None in sides else False


CASES = {
    "line": Case(
        lambda n: {"expression": f"{quoted(n('a'))} >= {quoted(n('b'))} * 2 - 3"},
        PAIR,
        lambda rows, _: [line(row) for row in rows],
    ),
    "or": Case(
        lambda n: {"expression": f"{quoted(n('a'))} > 0 OR {quoted(n('b'))} > 0"},
        PAIR,
        lambda rows, _: [either(row) for row in rows],
    ),
    "always known": Case(
        lambda n: {"expression": f"{quoted(n('a'))} IS NOT NULL"},
        PAIR,
        lambda rows, _: [row["a"] is not None for row in rows],
    ),
}
