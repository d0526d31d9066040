"""`unique_combination` in plain Python."""

from __future__ import annotations

import polars as pl
from hypothesis import strategies as st

from tests.catalogue.case import Case, Column
from tests.catalogue.unique import COLUMNS, once

CASES = {
    "numbers": Case(lambda n: {"unique_combination": [n("n"), n("f")]}, COLUMNS, once, stored=True),
    "three": Case(
        lambda n: {"unique_combination": {"columns": [n("n"), n("f"), n("b")]}},
        {**COLUMNS, "b": Column(pl.Boolean, st.booleans())},
        once,
        stored=True,
    ),
}
