"""`pandera_rows` in plain Python, with the model of `tests/functions_package.py`."""

from __future__ import annotations

import polars as pl

from tests.catalogue.case import Case, Column, each, ints, small


def asked(check: str) -> dict[str, dict[str, str]]:
    return {"pandera_rows": {"model": "Flights", "column": "flight", "check": check}}


CASES = {
    "frame": Case(
        lambda n: asked("is_odd"),
        {"flight": Column(pl.Int64, ints)},
        each(lambda x: x % 2 == 1, "flight"),
        odd_names=False,
    ),
    "each element": Case(
        lambda n: asked("is_small"),
        {"flight": Column(pl.Int16, small)},
        each(lambda x: x < 5_000, "flight"),
        odd_names=False,
    ),
}
