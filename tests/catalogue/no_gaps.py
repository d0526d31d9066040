"""`no_gaps` in plain Python."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

import polars as pl
from hypothesis import strategies as st

from tests.catalogue.case import BERLIN, Case, Column, Rows, aware, dates, few, ints, naive, unknown
from tests.catalogue.records_per_window import day, hour

GROUP = Column(pl.Int32, few)
years = st.dates(date(2010, 1, 1), date(2013, 12, 31))


def missing(rows: Rows, number: Callable[[Any], int]) -> float | None:
    groups = defaultdict(set)
    for row in rows:
        *group, x = row.values()
        if not any(map(unknown, row.values())):
            groups[tuple(group)].add(number(x))
    spans = [max(seen) - min(seen) + 1 - len(seen) for seen in groups.values()]
    return sum(spans) if groups else None


def case(columns: Mapping[str, Column], every: int | str, number: Callable[[Any], int]) -> Case:
    def rule(n: Callable[[str], str]) -> Mapping[str, Any]:
        by = {"by": [n(name) for name in columns if name != "x"]} if len(columns) > 1 else {}
        return {"no_gaps": {"column": n("x"), "every": every, **by}}

    return Case(rule, columns, lambda rows, _: missing(rows, number))


def month(cell: datetime) -> int:
    return cell.year * 12 + cell.month - 1


CASES = {
    "integers": case({"x": Column(pl.Int64, ints)}, 1, lambda x: x),
    "narrow integers": case({"x": Column(pl.Int8, st.integers(-128, 127))}, 1, lambda x: x),
    "tens by group": case(
        {"g": GROUP, "x": Column(pl.Int32, st.integers(-99, 99))}, 10, lambda x: x // 10
    ),
    "days": case({"x": Column(pl.Date, dates)}, "1d", day),
    "days of instants": case({"x": Column(BERLIN, aware)}, "1d", day),
    "hours by group": case({"g": GROUP, "x": Column(pl.Datetime("us"), naive)}, "1h", hour),
    "quarters of an hour": case(
        {"x": Column(pl.Datetime("us"), naive)},
        "15m",
        lambda x: hour(x) * 4 + x.minute // 15,
    ),
    "months": case({"x": Column(pl.Date, years)}, "1mo", month),
    "quarters": case({"x": Column(pl.Date, years)}, "1q", lambda x: month(x) // 3),
    "years by group": case({"g": GROUP, "x": Column(pl.Date, years)}, "1y", lambda x: x.year),
}
