"""`aggregate_by_group` in plain Python."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable
from statistics import fmean
from typing import Any

import polars as pl
from hypothesis import strategies as st

from tests.catalogue.case import Case, Column, Rows, few, small, unknown

COLUMNS = {
    "g": Column(pl.String, st.sampled_from(["a", "b", ""])),
    "h": Column(pl.Float64, st.sampled_from([0.0, -0.0, 1.5, math.nan])),
    "x": Column(pl.Int64, small),
}
ASKED: dict[str, Callable[[list[Any]], float]] = {
    "count": len,
    "sum": sum,
    "mean": fmean,
    "min": min,
    "max": max,
    "distinct_count": lambda values: len(set(values)),
}


def outside(aggregate: str, low: float, high: float) -> Callable[[Rows, Rows], float | None]:
    def oracle(rows: Rows, _: Rows) -> float | None:
        groups = defaultdict(list)
        for row in rows:
            if not (unknown(row["g"]) or unknown(row["h"])):
                groups[row["g"], row["h"]].append(row["x"])
        known = [[x for x in group if x is not None] for group in groups.values()]
        asked = [group for group in known if group or "count" in aggregate]
        results = [ASKED[aggregate](group) for group in asked]
        return sum(not low <= result <= high for result in results) if asked else None

    return oracle


def rows_of(rows: Rows, _: Rows) -> float | None:
    times: dict[str, int] = defaultdict(int)
    for row in rows:
        if row["g"] is not None:
            times[row["g"]] += 1
    return sum(count < 2 for count in times.values()) if times else None


def case(aggregate: str, **bounds: float) -> Case:
    return Case(
        lambda n: {
            "aggregate_by_group": {
                "by": [n("g"), n("h")],
                "aggregate": aggregate,
                "column": n("x"),
                **bounds,
            }
        },
        COLUMNS,
        outside(aggregate, bounds.get("min", -math.inf), bounds.get("max", math.inf)),
    )


CASES = {
    "rows": Case(
        lambda n: {"aggregate_by_group": {"by": n("g"), "aggregate": "count", "min": 2}},
        {"g": Column(pl.Int16, few)},
        rows_of,
    ),
    "count": case("count", min=1, max=2),
    "sum": case("sum", max=10),
    "mean": case("mean", min=-5, max=5.5),
    "min": case("min", min=-20),
    "max": case("max", max=20),
    "distinct_count": case("distinct_count", min=2),
}
