"""`distinct_values` in plain Python."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import polars as pl
from hypothesis import strategies as st

from tests.catalogue.case import Case, Column, Rows, dates, few, known, texts


def differences(mode: str, listed: set[Any]) -> Callable[[Rows, Rows], float | None]:
    def oracle(rows: Rows, _: Rows) -> float | None:
        found = set(known(rows, "x"))
        if not found:
            return None
        extra, missing = len(found - listed), len(listed - found)
        return {"in": extra, "contain": missing, "equal": extra + missing}[mode]

    return oracle


def case(mode: str, column: Column, values: list[Any], listed: set[Any] | None = None) -> Case:
    return Case(
        lambda n: {"distinct_values": {"column": n("x"), "values": values, "mode": mode}},
        {"x": column},
        differences(mode, listed or set(values)),
    )


TEXT = Column(pl.String, texts)
CASES = {
    "in": case("in", TEXT, ["EWR", "JFK", "é"]),
    "in many": case("in", TEXT, [*"abcdefgh", "EWR", "JFK"]),
    "contain": case("contain", TEXT, ["EWR", "", " "]),
    "equal": case("equal", Column(pl.String, st.sampled_from(["a", "b"])), ["a", "b"]),
    "int": case("equal", Column(pl.Int8, few), [1, 2.0, 2.5, 1000]),
    "float": case("equal", Column(pl.Float64, st.sampled_from([0.0, -0.0, 0.5])), [0, 0.5]),
    "bool": case("contain", Column(pl.Boolean, st.booleans()), [True]),
    "date": case("equal", Column(pl.Date, dates), ["2013-07-01"], {date(2013, 7, 1)}),
}
