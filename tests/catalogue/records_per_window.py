"""`records_per_window` in plain Python."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import polars as pl

from tests.catalogue.case import (
    BERLIN,
    NEW_YORK,
    Case,
    Column,
    Rows,
    aware,
    dates,
    few,
    naive,
    unknown,
)

GROUP = Column(pl.Int32, few)
NAIVE, ZONED = Column(pl.Datetime("us"), naive), Column(BERLIN, aware)


def hour(cell: datetime) -> int:
    return cell.toordinal() * 24 + cell.hour


def day(cell: Any) -> int:
    zoned = isinstance(cell, datetime) and cell.tzinfo
    number: int = (cell.astimezone(NEW_YORK) if zoned else cell).toordinal()
    return number


def wrong(
    rows: Rows, window: Callable[[Any], int], low: int | None, high: int | None
) -> float | None:
    known = [tuple(row.values()) for row in rows if not any(map(unknown, row.values()))]
    if not known:
        return None
    counts = Counter((*group, window(x)) for *group, x in known)
    windows = [key[-1] for key in counts]
    expected = [
        counts[(*group, number)]
        for group in {key[:-1] for key in counts}
        for number in range(min(windows), max(windows) + 1)
    ]
    return sum((low is not None and n < low) or (high is not None and n > high) for n in expected)


def case(
    columns: Mapping[str, Column],
    every: str,
    window: Callable[[Any], int],
    low: int | None,
    high: int | None,
) -> Case:
    bounds = {name: bound for name, bound in (("min", low), ("max", high)) if bound is not None}

    def rule(n: Callable[[str], str]) -> Mapping[str, Any]:
        by = {"by": [n(name) for name in columns if name != "x"]} if len(columns) > 1 else {}
        return {"records_per_window": {"column": n("x"), "every": every, **by, **bounds}}

    return Case(rule, columns, lambda rows, _: wrong(rows, window, low, high))


CASES = {
    "hours": case({"x": NAIVE}, "1h", hour, 1, None),
    "six hours": case({"x": NAIVE}, "6h", lambda x: hour(x) // 6, 1, 2),
    "hours of instants": case(
        {"x": Column(pl.Datetime("us", "UTC"), aware)}, "2h", lambda x: hour(x) // 2, 2, 3
    ),
    "days": case({"x": Column(pl.Date, dates)}, "1d", day, 1, 2),
    "days of instants": case({"x": ZONED}, "1d", day, 2, None),
    "at most": case({"x": NAIVE}, "1d", day, None, 2),
    "by group": case({"g": GROUP, "x": Column(pl.Date, dates)}, "1d", day, 1, None),
    "by two": case({"g": GROUP, "h": GROUP, "x": NAIVE}, "1d", day, 2, 2),
    "weeks": case({"x": Column(pl.Date, dates)}, "1w", lambda x: (x.toordinal() - 1) // 7, 3, None),
}
