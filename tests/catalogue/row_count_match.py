"""`row_count_match` in plain Python."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from tests.catalogue.case import Case, Column, Rows, few

ROW = {"x": Column(pl.Int64, few)}


def difference(mode: str = "equal", factor: float = 1) -> Callable[[Rows, Rows], float]:
    def oracle(rows: Rows, others: Rows) -> float:
        off = len(rows) - factor * len(others)
        if mode == "at_most":
            return max(off, 0)
        return max(-off, 0) if mode == "at_least" else abs(off)

    return oracle


def within_three(rows: Rows, others: Rows) -> float:
    off = abs(len(rows) - len(others))
    return 0 if off <= 3 else off


def within_a_quarter(rows: Rows, others: Rows) -> float:
    off = abs(len(rows) - len(others))
    return 0 if off <= max(len(rows), len(others)) / 4 else off


def zeros(rows: Rows, others: Rows) -> float:
    here, there = ([row for row in side if row["x"] == 0] for side in (rows, others))
    return abs(len(here) - len(there))


CASES = {
    "equal": Case(lambda n: {"row_count_match": "ref.other"}, ROW, difference(), ROW),
    "amount": Case(
        lambda n: {"row_count_match": {"table": "ref.other", "tolerance": 3}},
        ROW,
        within_three,
        ROW,
    ),
    "share": Case(
        lambda n: {"row_count_match": {"table": "ref.other", "tolerance": "25%"}},
        ROW,
        within_a_quarter,
        ROW,
    ),
    "at most twice": Case(
        lambda n: {"row_count_match": {"table": "ref.other", "mode": "at_most", "factor": 2}},
        ROW,
        difference("at_most", 2),
        ROW,
    ),
    "at least half": Case(
        lambda n: {"row_count_match": {"table": "ref.other", "mode": "at_least", "factor": 0.5}},
        ROW,
        difference("at_least", 0.5),
        ROW,
    ),
    "some rows": Case(
        lambda n: {
            "row_count_match": {"table": "ref.other", "other_where": "x = 0"},
            "where": f"{quoted(n('x'))} = 0",
        },
        ROW,
        zeros,
        ROW,
    ),
}


def quoted(name: str) -> str:
    """Return a column's name as SQL."""
    return '"' + name.replace('"', '""') + '"'
