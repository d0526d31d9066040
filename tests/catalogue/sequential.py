"""`sequential` in plain Python."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
from hypothesis import strategies as st

from tests.catalogue.case import BERLIN, Case, Column, Rows, few, ints, unknown

GROUP = Column(pl.String, st.sampled_from("ab"))


def answers(rows: Rows, stored: Rows, follows: Callable[[Any, Any], bool]) -> list[bool | None]:
    batch = [tuple(row.values()) for row in rows]
    all_keys = batch + [tuple(row.values()) for row in stored]
    known = Counter(key for key in all_keys if not any(map(unknown, key)))

    def passes(key: tuple[Any, ...]) -> bool | None:
        if any(map(unknown, key)):
            return None
        smaller = [k[-1] for k in known if k[:-1] == key[:-1] and k[-1] < key[-1]]
        return known[key] == 1 and (not smaller or follows(max(smaller), key[-1]))

    return [passes(key) for key in batch]


def case(
    columns: Mapping[str, Column], step: int | str, follows: Callable[[Any, Any], bool]
) -> Case:
    def rule(n: Callable[[str], str]) -> Mapping[str, Any]:
        by = {"by": [n(name) for name in columns if name != "x"]} if len(columns) > 1 else {}
        return {"sequential": {"column": n("x"), "step": step, **by}}

    return Case(rule, columns, lambda rows, stored: answers(rows, stored, follows), stored=True)


hours = st.integers(0, 12).map(lambda hour: datetime(2013, 7, 1, hour, tzinfo=UTC))

CASES = {
    "ones": case({"x": Column(pl.Int64, few | ints)}, 1, lambda a, b: b == a + 1),
    "tens by group": case(
        {"g": GROUP, "x": Column(pl.Int16, st.sampled_from([-10, 0, 10, 15, 20, 30]))},
        10,
        lambda a, b: b == a + 10,
    ),
    "days": case(
        {"x": Column(pl.Date, st.dates(date(2013, 3, 8), date(2013, 3, 14)))},
        "1d",
        lambda a, b: b == a + timedelta(days=1),
    ),
    "hours": case(
        {"g": GROUP, "x": Column(BERLIN, hours)}, "2h", lambda a, b: b == a + timedelta(hours=2)
    ),
    "timestamps": case(
        {"x": Column(pl.Datetime("us"), hours.map(lambda hour: hour.replace(tzinfo=None)))},
        "1h",
        lambda a, b: b == a + timedelta(hours=1),
    ),
}
