"""`freshness` in plain Python."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, time
from typing import Any

import polars as pl

from tests.catalogue.case import (
    BERLIN,
    NEW_YORK,
    NOW,
    Case,
    Column,
    Names,
    Rows,
    aware,
    dates,
    few,
    floats,
    naive,
    unknown,
)

GROUP, NUMBER = Column(pl.Int32, few), Column(pl.Float64, floats)
NAIVE, ZONED, DATE = Column(pl.Datetime("us"), naive), Column(BERLIN, aware), Column(pl.Date, dates)


def moment(cell: Any) -> datetime:
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


def case(**columns: Column) -> Case:
    def rule(n: Names) -> Mapping[str, Any]:
        by = [n(name) for name in columns if name != "x"]
        return {"freshness": {"column": n("x"), "by": by} if by else n("x")}

    return Case(rule, columns, age)


CASES = {
    "timestamp": case(x=NAIVE),
    "instant": case(x=ZONED),
    "date": case(x=DATE),
    "timestamp by group": case(g=GROUP, x=NAIVE),
    "instant by two": case(g=GROUP, f=NUMBER, x=ZONED),
    "date by group": case(g=GROUP, x=DATE),
}
