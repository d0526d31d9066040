"""`allowed_transitions` in plain Python."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import polars as pl
from hypothesis import strategies as st

from tests.catalogue.case import Case, Column, Rows, dates, few, unknown

GROUP = Column(pl.Int32, st.integers(0, 1))
TIME = Column(pl.Date, dates)
MAY = {"scheduled": ["boarding", "cancelled"], "boarding": ["departed", "boarding"], "departed": []}
STATE = Column(pl.String, st.sampled_from([*MAY, "cancelled", "lost"]))
NUMBERS = {"0": [1, 2], "1": [2]}


def answers(
    rows: Rows, stored: Rows, by: int, may: Mapping[Any, Any], initial: tuple[Any, ...]
) -> list[bool | None]:
    batch = [tuple(row.values()) for row in rows]
    known = {key for key in batch if not any(map(unknown, key))}
    old = {key for row in stored if not any(map(unknown, key := tuple(row.values())))}

    def wrong(one: Any, other: Any) -> bool:
        return one != other and other not in may.get(one, ())

    def passes(key: tuple[Any, ...]) -> bool | None:
        if any(map(unknown, key)):
            return None
        place, state = key[by:-1], key[-1]
        alike = [k for k in known | old if k[:by] == key[:by]]
        before = max((k[by:-1] for k in alike if k[by:-1] < place), default=None)
        after = min((k[by:-1] for k in alike if k[by:-1] > place), default=None)
        if before is None and initial and state not in initial:
            return False
        return not (
            any(wrong(k[-1], state) for k in alike if k[by:-1] == before)
            or any(wrong(state, k[-1]) for k in alike if k[by:-1] == after and k not in known)
        )

    return [passes(key) for key in batch]


def case(
    columns: Mapping[str, Column],
    may: Mapping[Any, Any],
    given: Mapping[str, Any],
    initial: tuple[Any, ...] = (),
) -> Case:
    names = list(columns)
    by = names.index("t")
    start = {"initial": list(initial)} if initial else {}

    def rule(n: Callable[[str], str]) -> Mapping[str, Any]:
        order = [n(name) for name in names[by:-1]]
        groups = {"by": [n(name) for name in names[:by]]} if by else {}
        asked = {"column": n("x"), "order_by": order, **groups, "transitions": given, **start}
        return {"allowed_transitions": asked}

    return Case(
        rule,
        columns,
        lambda rows, stored: answers(rows, stored, by, may, initial),
        stored=True,
        max_rows=10,
    )


CASES = {
    "states": case({"g": GROUP, "t": TIME, "x": STATE}, MAY, MAY),
    "states from the start": case(
        {"g": GROUP, "t": TIME, "x": STATE}, MAY, MAY, ("scheduled", "lost")
    ),
    "one series": case({"t": TIME, "x": STATE}, MAY, MAY, ("scheduled",)),
    "numbers in two orders": case(
        {"g": GROUP, "h": GROUP, "t": Column(pl.Int8, few), "u": TIME, "x": Column(pl.Int64, few)},
        {0: [1, 2], 1: [2]},
        NUMBERS,
        (0, 1),
    ),
}
