"""`pandera_table` in plain Python, with the model of `tests/functions_package.py`."""

from __future__ import annotations

import polars as pl

from tests.catalogue.case import Case, Column, Rows, few, known


def late_arrivals(rows: Rows, _: Rows) -> float:
    pairs = [(row["dep"], row["arr"]) for row in rows if None not in row.values()]
    return len([dep for dep, arr in pairs if arr <= dep])


def off_average(rows: Rows, _: Rows) -> float:
    values = known(rows, "arr")
    return 1 if values and sum(values) / len(values) <= 10 else 0


CASES = {
    "frame": Case(
        lambda n: {"pandera_table": {"model": "Flights", "check": "arrives_after_departure"}},
        {"dep": Column(pl.Int64, few), "arr": Column(pl.Int64, few)},
        late_arrivals,
        odd_names=False,
    ),
    "one answer for a column": Case(
        lambda n: {
            "pandera_table": {"model": "Flights", "column": "arr", "check": "on_average_late"}
        },
        {"arr": Column(pl.Int64, few)},
        off_average,
        odd_names=False,
    ),
}
