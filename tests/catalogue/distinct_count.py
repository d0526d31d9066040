"""`distinct_count` in plain Python."""

from __future__ import annotations

import polars as pl
from hypothesis import strategies as st

from tests.catalogue.case import Case, Column, Rows, quoted, texts
from tests.catalogue.unique import COLUMNS, key_of


def different(rows: Rows, _: Rows) -> float:
    return len({key_of(row) for row in rows} - {None})


def different_positive(rows: Rows, _: Rows) -> float:
    return len({row["n"] for row in rows if row["n"] is not None and row["n"] > 0})


CASES = {
    "text": Case(lambda n: {"distinct_count": n("x")}, {"x": Column(pl.String, texts)}, different),
    "decimal": Case(
        lambda n: {"distinct_count": n("x")},
        {"x": Column(pl.Decimal(10, 2), st.decimals(-1, 1, places=2))},
        different,
    ),
    "composite": Case(lambda n: {"distinct_count": [n("n"), n("f")]}, COLUMNS, different),
    "of a condition": Case(
        lambda n: {"distinct_count": n("n"), "where": f"{quoted(n('n'))} > 0"},
        {"n": COLUMNS["n"]},
        different_positive,
    ),
}
