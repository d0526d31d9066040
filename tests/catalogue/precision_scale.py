"""`precision_scale` in plain Python."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import Any

import polars as pl
from hypothesis import strategies as st

from tests.catalogue.case import Case, Column, each, ints, small

numbers = st.decimals(-2000, 2000, places=3) | st.decimals(-1, 1, places=1)
written = st.sampled_from([
    *("1", "-1.50", "+0012.300", ".5", "5.", "0.001", "123.45", "1234", "-0", "0.000"),
    *("", ".", "-", "1e3", "1,000", " 1", "abc", "1.2.3", "\u0661"),
])  # fmt: skip


def digits(x: Any) -> tuple[int, int]:
    """Return how many digits stand before and after the point, without idle zeros."""
    whole, _, fraction = f"{Decimal(str(x)):f}".lstrip("+-").partition(".")
    return len(whole.lstrip("0")), len(fraction.rstrip("0"))


def case(column: Column, precision: int, scale: int) -> Case:
    def fits(x: Any) -> bool:
        if isinstance(x, float) and math.isinf(x):
            return False
        if isinstance(x, str) and not re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)", x):
            return False
        before, after = digits(x)
        return before <= precision - scale and after <= scale

    return Case(
        lambda n: {"precision_scale": {"column": n("x"), "precision": precision, "scale": scale}},
        {"x": column},
        each(fits, "x"),
    )


CASES = {
    "decimal": case(Column(pl.Decimal(20, 5), numbers), 4, 1),
    "decimal, only a fraction": case(Column(pl.Decimal(20, 5), numbers), 2, 2),
    "float": case(
        Column(
            pl.Float64, numbers.map(float) | st.sampled_from([1 / 3, math.inf, math.nan, 1e300])
        ),
        5,
        2,
    ),
    "float, whole": case(Column(pl.Float64, numbers.map(float)), 3, 0),
    "float, many digits": case(Column(pl.Float64, numbers.map(float) | st.just(1e20)), 38, 18),
    "narrow float": case(
        Column(pl.Float32, st.sampled_from([0.5, 0.25, 0.125, 12.5, 100.0, -math.inf])), 3, 2
    ),
    "int": case(Column(pl.Int64, ints), 3, 0),
    "narrow int": case(Column(pl.Int8, small), 5, 3),
    "any int": case(Column(pl.Int64, ints), 19, 0),
    "text": case(Column(pl.String, written), 5, 2),
    "text, whole": case(Column(pl.String, written), 3, 0),
    "text, only a fraction": case(Column(pl.String, written), 2, 2),
}
