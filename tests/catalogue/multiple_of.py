"""`multiple_of` in plain Python."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import polars as pl
from hypothesis import strategies as st

from tests.catalogue.case import Case, Column, each, ints, small

tenths = st.integers(-1000, 1000).map(lambda x: x / 10)


def case(column: Column, step: Any, tolerance: float = 0) -> Case:
    def fits(x: Any) -> bool:
        if math.isinf(x):
            return False
        rest = Decimal(str(x)) % Decimal(str(step))
        off = min(abs(rest), abs(Decimal(str(step)) - abs(rest)))
        return off <= Decimal(str(tolerance))

    return Case(
        lambda n: {"multiple_of": {"column": n("x"), "step": step, "tolerance": tolerance}},
        {"x": column},
        each(fits, "x"),
    )


CASES = {
    "int": case(Column(pl.Int64, ints), 5),
    "narrow int": case(Column(pl.Int8, small), 1000),
    "int by a fraction": case(Column(pl.Int16, small), 2.5),
    "float": case(Column(pl.Float64, tenths | st.sampled_from([math.inf, math.nan, 0.05])), 0.1),
    "float by an int": case(Column(pl.Float64, tenths), 2),
    "float with tolerance": case(Column(pl.Float64, tenths), 1, 0.2),
    "decimal": case(Column(pl.Decimal(10, 2), st.decimals(-9, 9, places=2)), 0.25),
}
