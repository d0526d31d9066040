"""`not_constant` in plain Python."""

from __future__ import annotations

import math
from decimal import Decimal

import polars as pl
from hypothesis import strategies as st

from tests.catalogue.case import BERLIN, Case, Column, Rows, aware, dates, few, known


def constant(rows: Rows, _: Rows) -> float | None:
    values = known(rows, "x")
    return float(len(set(values)) == 1) if len(values) > 1 else None


def case(column: Column) -> Case:
    return Case(lambda n: {"not_constant": n("x")}, {"x": column}, constant)


CASES = {
    "int": case(Column(pl.Int64, few)),
    "float": case(Column(pl.Float64, st.sampled_from([-0.0, 0.0, math.inf, math.nan]))),
    "text": case(Column(pl.String, st.sampled_from(["", "a", "A"]))),
    "category": case(Column(pl.Categorical, st.sampled_from(["EWR", "JFK"]))),
    "bool": case(Column(pl.Boolean, st.booleans())),
    "date": case(Column(pl.Date, dates)),
    "instant": case(Column(BERLIN, aware)),
    "decimal": case(
        Column(
            pl.Decimal(38, 20),
            st.sampled_from([Decimal("1.00000000000000000001"), Decimal(1)]),
        )
    ),
}
