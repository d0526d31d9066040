"""`mean_length` in plain Python."""

from __future__ import annotations

import polars as pl

from tests.catalogue.case import Case, Column, Rows, known, texts


def characters(rows: Rows, _: Rows) -> float | None:
    sizes = [len(x) for x in known(rows, "x")]
    return sum(sizes) / len(sizes) if sizes else None


def utf_8(rows: Rows, _: Rows) -> float | None:
    sizes = [len(x.encode()) for x in known(rows, "x")]
    return sum(sizes) / len(sizes) if sizes else None


TEXT = {"x": Column(pl.String, texts)}
CASES = {
    "characters": Case(lambda n: {"mean_length": n("x")}, TEXT, characters),
    "bytes": Case(lambda n: {"mean_length": {"column": n("x"), "unit": "bytes"}}, TEXT, utf_8),
}
