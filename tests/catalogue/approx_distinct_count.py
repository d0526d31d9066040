"""`approx_distinct_count` in plain Python: of a few keys that share no register it is exact."""

from __future__ import annotations

import polars as pl
from hypothesis import strategies as st

from tests.catalogue.case import Case, Column
from tests.catalogue.distinct_count import different
from tests.catalogue.unique import COLUMNS

CASES = {
    "text": Case(
        lambda n: {"approx_distinct_count": n("x")},
        {"x": Column(pl.String, st.sampled_from(["", "EWR", "JFK", "LGA", "é"]))},
        different,
    ),
    "composite": Case(lambda n: {"approx_distinct_count": [n("n"), n("f")]}, COLUMNS, different),
}
