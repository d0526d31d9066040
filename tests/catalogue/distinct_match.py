"""`distinct_match` in plain Python."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import polars as pl
from hypothesis import strategies as st

from tests.catalogue.case import Case, Column, Rows, few, known, texts


def case(
    here: Column, there: Column, oracle: Callable[[Counter[Any], Counter[Any]], int], **more: Any
) -> Case:
    def asked(rows: Rows, others: Rows) -> float:
        return oracle(Counter(known(rows, "x")), Counter(known(others, "x")))

    return Case(
        lambda n: {"distinct_match": {"column": n("x"), "references": "ref.other.x", **more}},
        {"x": here},
        asked,
        {"x": there},
    )


TEXT = Column(pl.String, texts)
CASES = {
    "equal": case(TEXT, TEXT, lambda a, b: len(a.keys() ^ b.keys())),
    "subset": case(TEXT, TEXT, lambda a, b: len(a.keys() - b.keys()), relation="subset"),
    "superset": case(
        Column(pl.Int8, few),
        Column(pl.Int64, few),
        lambda a, b: len(b.keys() - a.keys()),
        relation="superset",
    ),
    "counts": case(
        Column(pl.Int64, few),
        Column(pl.Float64, st.sampled_from([0.0, -0.0, 1.0, 2.0, float("nan")])),
        lambda a, b: sum(a[x] != b[x] for x in a.keys() | b.keys()),
        counts=True,
    ),
    "booleans": case(
        Column(pl.Boolean, st.booleans()),
        Column(pl.Boolean, st.booleans()),
        lambda a, b: len(a.keys() ^ b.keys()),
    ),
}
