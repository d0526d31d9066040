"""`share_of` in plain Python."""

from __future__ import annotations

import polars as pl

from tests.catalogue.case import Case, Column, Rows, floats, known, quoted, small


def positive(rows: Rows, _: Rows) -> float | None:
    values = known(rows, "x")
    return sum(x > 0 for x in values) / len(values) if values else None


def positive_or_missing(rows: Rows, _: Rows) -> float | None:
    answers = [row["x"] is None or row["x"] > 0 for row in rows]
    return sum(answers) / len(answers) if answers else None


CASES = {
    "float": Case(
        lambda n: {"share_of": f"{quoted(n('x'))} > 0"}, {"x": Column(pl.Float64, floats)}, positive
    ),
    "always known": Case(
        lambda n: {"share_of": f"{quoted(n('x'))} IS NULL OR {quoted(n('x'))} > 0"},
        {"x": Column(pl.Int8, small)},
        positive_or_missing,
    ),
}
