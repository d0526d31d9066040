"""`no_overlap` in plain Python."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import polars as pl
from hypothesis import strategies as st

from tests.catalogue.case import BERLIN, Case, Column, Rows, aware, dates, unknown

GROUP = Column(pl.String, st.sampled_from("ab"))
NUMBER = Column(pl.Int64, st.integers(0, 20))


def answers(rows: Rows, stored: Rows, *, closed: bool) -> list[bool | None]:
    keys = [tuple(row.values()) for row in rows]
    others = [tuple(row.values()) for row in stored]

    def meets(one: tuple[Any, ...], other: tuple[Any, ...]) -> bool:
        *group, start, end = one
        *its_group, its_start, its_end = other
        if any(map(unknown, other)) or group != its_group or its_end < its_start or end < start:
            return False
        if closed:
            return bool(start <= its_end and its_start <= end)
        return bool(start < its_end and its_start < end)

    return [
        None
        if any(map(unknown, key))
        else not any(meets(key, other) for other in keys[:i] + keys[i + 1 :] + others)
        for i, key in enumerate(keys)
    ]


def case(columns: Mapping[str, Column], *, closed: bool = False, max_rows: int = 8) -> Case:
    def rule(n: Callable[[str], str]) -> Mapping[str, Any]:
        by = {"by": [n(name) for name in columns if name not in "xy"]} if len(columns) > 2 else {}
        asked = {"closed": True} if closed else {}
        return {"no_overlap": {"start": n("x"), "end": n("y"), **by, **asked}}

    return Case(
        rule,
        columns,
        lambda rows, stored: answers(rows, stored, closed=closed),
        stored=True,
        max_rows=max_rows,
    )


TIME = Column(BERLIN, aware)

CASES = {
    "numbers": case({"x": NUMBER, "y": NUMBER}),
    "numbers by group": case({"g": GROUP, "x": NUMBER, "y": NUMBER}),
    "closed by group": case({"g": GROUP, "x": NUMBER, "y": NUMBER}, closed=True),
    "closed dates": case({"x": Column(pl.Date, dates), "y": Column(pl.Date, dates)}, closed=True),
    "instants": case({"g": GROUP, "x": TIME, "y": TIME}),
    "whole and broken numbers": case(
        {"x": NUMBER, "y": Column(pl.Float64, st.floats(0, 20) | st.just(float("nan")))}
    ),
}
