"""`freshness` in plain Python."""

from __future__ import annotations

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
    known,
    naive,
)


def age(rows: Rows, _: Rows) -> float | None:
    moments = [
        x if isinstance(x, datetime) else datetime.combine(x, time()) for x in known(rows, "x")
    ]
    zoned = [m if m.tzinfo else m.replace(tzinfo=NEW_YORK) for m in moments]
    return (NOW - max(zoned)).total_seconds() if zoned else None


def case(column: Column) -> Case:
    return Case(lambda n: {"freshness": n("x")}, {"x": column}, age)


CASES = {
    "timestamp": case(Column(pl.Datetime("us"), naive)),
    "instant": case(Column(BERLIN, aware)),
    "date": case(Column(pl.Date, dates)),
}
