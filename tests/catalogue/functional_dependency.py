"""`functional_dependency` in plain Python."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import polars as pl
from hypothesis import strategies as st

from tests.catalogue.case import Case, Column, Rows, few
from tests.catalogue.unique import key_of

PAIR = {
    "a": Column(pl.Int16, few),
    "b": Column(pl.Float64, st.sampled_from([0.5, 1.0, math.nan, -0.0, 0.0])),
}
CODE = Column(pl.String, st.sampled_from(["x", "y"]))


def decided(rows: Rows, stored: Rows, by: Sequence[str], of: Sequence[str]) -> list[bool | None]:
    """Say of each row with a key whether its part `by` occurs with one part `of` only."""
    seen: dict[Any, set[Any]] = defaultdict(set)
    for row in [*rows, *stored]:
        if key_of(row) is not None:
            seen[tuple(row[n] for n in by)].add(tuple(row[n] for n in of))
    return [
        None if key_of(row) is None else len(seen[tuple(row[n] for n in by)]) == 1 for row in rows
    ]


CASES = {
    "one by one": Case(
        lambda n: {"functional_dependency": {"determinant": n("a"), "dependent": n("b")}},
        PAIR,
        lambda rows, stored: decided(rows, stored, ["a"], ["b"]),
        stored=True,
    ),
    "two by one": Case(
        lambda n: {
            "functional_dependency": {"determinant": [n("a"), n("c")], "dependent": [n("b")]}
        },
        {**PAIR, "c": CODE},
        lambda rows, stored: decided(rows, stored, ["a", "c"], ["b"]),
        stored=True,
    ),
    "one by two": Case(
        lambda n: {"functional_dependency": {"determinant": n("c"), "dependent": [n("a"), n("b")]}},
        {"c": CODE, **PAIR},
        lambda rows, stored: decided(rows, stored, ["c"], ["a", "b"]),
        stored=True,
    ),
}
