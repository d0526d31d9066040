"""`pair_in_set` in plain Python."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from typing import Any

import polars as pl
from hypothesis import strategies as st

from tests.catalogue.case import Case, Column, Rows, dates, few, unknown

codes = Column(pl.String, st.sampled_from(["a", "b", "c"]))
numbers = Column(pl.Float64, st.sampled_from([0.0, 1.0, 2.5, math.nan]))


def case(one: Column, other: Column, pairs: Sequence[Any], listed: Sequence[Any] = ()) -> Case:
    allowed = set(map(tuple, listed or pairs))

    def oracle(rows: Rows, _: Rows) -> list[bool | None]:
        found = [tuple(None if unknown(x) else x for x in row.values()) for row in rows]
        return [True if p in allowed else None if None in p else False for p in found]

    return Case(
        lambda n: {"pair_in_set": {"column": n("x"), "other": n("y"), "pairs": list(pairs)}},
        {"x": one, "y": other},
        oracle,
    )


CASES = {
    "text and number": case(codes, numbers, [["a", 1], ["a", 2.5], ["b", 1], ["b", 2.5]]),
    "with nulls": case(codes, numbers, [["a", None], ["b", 0], [None, 1], ["c", None]]),
    "nothing but nulls": case(codes, numbers, [[None, None]]),
    "int and bool": case(
        Column(pl.Int8, few), Column(pl.Boolean, st.booleans()), [[1, True], [0, False], [2, True]]
    ),
    "many texts": case(codes, codes, [[x, y] for x in "abdefghijkl" for y in "bc"]),
    "date": case(
        Column(pl.Date, dates),
        codes,
        [["2013-07-01", "a"], ["2013-07-02", None]],
        [(date(2013, 7, 1), "a"), (date(2013, 7, 2), None)],
    ),
}
