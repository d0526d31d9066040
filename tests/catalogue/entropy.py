"""`entropy` in plain Python."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable

import polars as pl
from hypothesis import strategies as st

from tests.catalogue.case import Case, Column, Rows, few, known, texts


def bits(*, normalised: bool) -> Callable[[Rows, Rows], float | None]:
    def oracle(rows: Rows, _: Rows) -> float | None:
        times = Counter(known(rows, "x"))
        if not times:
            return None
        shares = [count / times.total() for count in times.values()]
        entropy = sum(-p * math.log2(p) for p in shares)
        if not normalised:
            return entropy
        return entropy / math.log2(len(times)) if len(times) > 1 else 0

    return oracle


def case(column: Column, *, normalised: bool) -> Case:
    return Case(
        lambda n: {"entropy": {"column": n("x"), "normalised": normalised}},
        {"x": column},
        bits(normalised=normalised),
        max_rows=30,
    )


CASES = {
    "text": case(Column(pl.String, texts), normalised=False),
    "normalised": case(Column(pl.Int64, few), normalised=True),
    "float": case(Column(pl.Float64, st.sampled_from([0.0, -0.0, math.nan, 2.5])), normalised=True),
}
