"""`monotonic` in plain Python."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import polars as pl
from hypothesis import strategies as st

from tests.catalogue.case import Case, Column, Rows, dates, few, ints, unknown

GROUP, TIME = Column(pl.String, st.sampled_from("ab")), Column(pl.Date, dates)


def answers(
    rows: Rows, stored: Rows, by: int, breaks: Callable[[Any, Any], bool]
) -> list[bool | None]:
    """Hold a row against all of the moment before, and against what is stored of the one after.

    A row's cells are its group (the first `by`), its place, and its value.
    """
    batch = [tuple(row.values()) for row in rows]
    known = [key for key in batch if not any(map(unknown, key))]
    there = [key for row in stored if not any(map(unknown, key := tuple(row.values())))]

    def passes(key: tuple[Any, ...]) -> bool | None:
        if any(map(unknown, key)):
            return None
        place, value = key[by:-1], key[-1]
        alike = [(k[by:-1], k[-1], k in there) for k in known + there if k[:by] == key[:by]]
        before = max((p for p, _, _ in alike if p < place), default=None)
        after = min((p for p, _, _ in alike if p > place), default=None)
        old = [(k[by:-1], k[-1]) for k in there if k[:by] == key[:by]]
        return not (
            any(breaks(v, value) for p, v, _ in alike if p == before)
            or any(breaks(value, v) for p, v in old if p == after)
        )

    return [passes(key) for key in batch]


def case(
    columns: Mapping[str, Column], asked: Mapping[str, Any], breaks: Callable[[Any, Any], bool]
) -> Case:
    names = list(columns)
    by = names.index("t")

    def rule(n: Callable[[str], str]) -> Mapping[str, Any]:
        order = [n(name) for name in names[by:-1]]
        groups = {"by": [n(name) for name in names[:by]]} if by else {}
        return {"monotonic": {"column": n("x"), "order_by": order, **groups, **asked}}

    return Case(rule, columns, lambda rows, stored: answers(rows, stored, by, breaks), stored=True)


VALUE = Column(pl.Int64, few | ints)
FLOAT = Column(pl.Float64, st.sampled_from([-0.0, 0.0, 1.5, float("nan"), float("inf")]))

CASES = {
    "rising": case({"t": TIME, "x": VALUE}, {}, lambda a, b: b < a),
    "rising by group": case({"g": GROUP, "t": TIME, "x": VALUE}, {}, lambda a, b: b < a),
    "strictly rising": case(
        {"g": GROUP, "t": TIME, "x": VALUE}, {"strict": True}, lambda a, b: b <= a
    ),
    "falling": case(
        {"g": GROUP, "t": TIME, "x": FLOAT}, {"direction": "decreasing"}, lambda a, b: b > a
    ),
    "strictly falling": case(
        {"t": TIME, "x": FLOAT},
        {"direction": "decreasing", "strict": True},
        lambda a, b: b >= a,
    ),
    "dates in two orders": case(
        {"g": GROUP, "h": GROUP, "t": Column(pl.Int32, few), "u": Column(pl.Int8, few), "x": TIME},
        {},
        lambda a, b: b < a,
    ),
}
