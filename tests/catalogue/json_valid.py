"""`json_valid` in plain Python."""

from __future__ import annotations

import json
from typing import Any

import polars as pl
from hypothesis import strategies as st

from tests.catalogue.case import Case, Column, each, texts

ODD = [
    "NaN",
    "[Infinity]",
    "{'a': 1}",
    '{"a": 1,}',
    "01",
    "1.",
    "nul",
    " 1 ",
    "[1] 2",
    '"\t"',
    "\ufeff1",
]
leaves = st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats(-1e9, 1e9)
names = st.sampled_from(["a", "b", "carrier", "é"])
VALUES: st.SearchStrategy[Any] = st.recursive(
    leaves | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=5,
)
VALUES = VALUES | st.dictionaries(names, leaves, max_size=4)
JSON = Column(
    pl.String,
    VALUES.map(json.dumps)
    | VALUES.map(lambda value: json.dumps(value, ensure_ascii=False)[:-1])
    | st.sampled_from(ODD)
    | texts,
)


def read(text: str) -> Any:
    """Read JSON; raise ValueError for what Python takes although it is none."""

    def refuse(constant: str) -> Any:
        raise ValueError(constant)

    return json.loads(text, parse_constant=refuse)


def holds(text: str, question: Any) -> bool:
    try:
        return bool(question(read(text)))
    except ValueError:
        return False


CASES = {
    "any": Case(
        lambda n: {"json_valid": n("x")}, {"x": JSON}, each(lambda x: holds(x, lambda _: True), "x")
    )
}
