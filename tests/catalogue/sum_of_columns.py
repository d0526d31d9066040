"""`sum_of_columns` in plain Python."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import polars as pl
from hypothesis import strategies as st

from tests.catalogue.case import Case, Column, Rows, few, unknown

cents = st.decimals(0, 1, places=1)
INTS = {"a": Column(pl.Int8, few), "b": Column(pl.Int64, few), "t": Column(pl.Int64, few)}
DECIMALS = dict.fromkeys("abt", Column(pl.Decimal(12, 2), cents))
FLOATS = dict.fromkeys("abt", Column(pl.Float64, cents.map(float)))
ENDLESS = dict.fromkeys(
    "abt", Column(pl.Float64, st.sampled_from([math.inf, -math.inf, math.nan, 1.0]))
)


def case(columns: dict[str, Column], total: Any = "t", tolerance: Any = 0) -> Case:
    def adds_up(rows: Rows, _: Rows) -> list[bool | None]:
        return [answer(row["a"], row["b"], row["t"] if total == "t" else total) for row in rows]

    def answer(a: Any, b: Any, t: Any) -> bool | None:
        if any(map(unknown, (a, b, t))) or math.isnan(float(a) + float(b)):
            return None
        if math.isinf(float(a) + float(b)) or math.isinf(t):
            return bool(float(a) + float(b) == t)
        # As they were written: the shortest decimal of a float.
        rest = Decimal(str(a)) + Decimal(str(b)) - Decimal(str(t))
        return bool(abs(rest) <= Decimal(str(tolerance)))

    return Case(
        lambda n: {
            "sum_of_columns": {
                "columns": [n("a"), n("b")],
                "equals": n("t") if total == "t" else total,
                "tolerance": tolerance,
            }
        },
        columns if total == "t" else {name: columns[name] for name in "ab"},
        adds_up,
    )


CASES = {
    "int": case(INTS),
    "decimal": case(DECIMALS),
    "float": case(FLOATS),
    "float with tolerance": case(FLOATS, tolerance=0.25),
    "a number": case(FLOATS, total=1),
    "infinity": case(ENDLESS),
}
