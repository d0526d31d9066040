"""`null_share` in plain Python."""

from __future__ import annotations

import polars as pl

from tests.catalogue.case import Case, Column, Rows, floats, known, texts


def share(rows: Rows, _: Rows) -> float | None:
    return 1 - len(known(rows, "x")) / len(rows) if rows else None


CASES = {
    "text": Case(lambda n: {"null_share": n("x")}, {"x": Column(pl.String, texts)}, share),
    "float": Case(lambda n: {"null_share": n("x")}, {"x": Column(pl.Float64, floats)}, share),
}
