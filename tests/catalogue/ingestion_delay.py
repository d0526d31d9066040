"""`ingestion_delay` in plain Python."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tests.catalogue.case import Case, Column, Rows
from tests.catalogue.column_lag import DATE, NAIVE, UTC, ZONED, lag


def delays(rows: Rows) -> list[float]:
    both = [(row["y"], row["x"]) for row in rows if row["x"] is not None and row["y"] is not None]
    return [lag(later, earlier).total_seconds() for later, earlier in both]


def average(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def case(x: Column, y: Column, of: str, value: Callable[[Sequence[float]], float]) -> Case:
    return Case(
        lambda n: {"ingestion_delay": {"column": n("x"), "arrival": n("y"), "of": of}},
        {"x": x, "y": y},
        lambda rows, _: value(delays(rows)) if delays(rows) else None,
    )


CASES = {
    "longest": case(NAIVE, NAIVE, "max", max),
    "shortest of instants": case(UTC, ZONED, "min", min),
    "mean": case(NAIVE, ZONED, "mean", average),
    "from a date": case(DATE, ZONED, "max", max),
    "between dates": case(DATE, DATE, "mean", average),
}
