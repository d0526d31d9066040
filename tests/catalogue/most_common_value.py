"""`most_common_value` in plain Python."""

from __future__ import annotations

from collections import Counter

import polars as pl
from hypothesis import strategies as st

from tests.catalogue.case import BERLIN, Case, Column, Rows, aware, dates, few, known, texts

zeros = st.sampled_from([0.0, -0.0, 1.5])


def largest_share(rows: Rows, _: Rows) -> float | None:
    times = Counter(known(rows, "x"))
    return max(times.values()) / times.total() if times else None


def case(column: Column) -> Case:
    return Case(lambda n: {"most_common_value": n("x")}, {"x": column}, largest_share)


CASES = {
    "text": case(Column(pl.String, texts)),
    "int": case(Column(pl.Int8, few)),
    "float": case(Column(pl.Float64, zeros)),
    "bool": case(Column(pl.Boolean, st.booleans())),
    "date": case(Column(pl.Date, dates)),
    "instant": case(Column(BERLIN, aware)),
}
