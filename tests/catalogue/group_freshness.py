"""`group_freshness` in plain Python."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, time

import polars as pl

from tests.catalogue.case import (
    BERLIN,
    NEW_YORK,
    NOW,
    Case,
    Column,
    Rows,
    aware,
    dates,
    few,
    floats,
    naive,
    unknown,
)

GROUPS = {"g": Column(pl.Int32, few), "f": Column(pl.Float64, floats)}


def moment(cell: datetime) -> datetime:
    found = cell if isinstance(cell, datetime) else datetime.combine(cell, time())
    return found if found.tzinfo else found.replace(tzinfo=NEW_YORK)


def age(rows: Rows, _: Rows) -> float | None:
    groups = defaultdict(list)
    for row in rows:
        *group, x = row.values()
        if not any(map(unknown, row.values())):
            groups[tuple(group)].append(moment(x))
    newest = [max(times) for times in groups.values()]
    return (NOW - min(newest)).total_seconds() if newest else None


CASES = {
    "timestamp": Case(
        lambda n: {"group_freshness": {"column": n("x"), "by": n("g")}},
        {"g": GROUPS["g"], "x": Column(pl.Datetime("us"), naive)},
        age,
    ),
    "instant by two": Case(
        lambda n: {"group_freshness": {"column": n("x"), "by": [n("g"), n("f")]}},
        {**GROUPS, "x": Column(BERLIN, aware)},
        age,
    ),
    "date": Case(
        lambda n: {"group_freshness": {"column": n("x"), "by": n("g")}},
        {"g": GROUPS["g"], "x": Column(pl.Date, dates)},
        age,
    ),
}
