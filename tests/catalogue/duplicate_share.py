"""`duplicate_share` in plain Python."""

from __future__ import annotations

from collections import Counter

import polars as pl

from tests.catalogue.case import Case, Column, Rows, texts
from tests.catalogue.unique import COLUMNS, key_of


def repeating(rows: Rows, _: Rows) -> float | None:
    times = Counter(key for row in rows if (key := key_of(row)) is not None)
    judged = sum(times.values())
    return sum(n for n in times.values() if n > 1) / judged if judged else None


CASES = {
    "text": Case(lambda n: {"duplicate_share": n("x")}, {"x": Column(pl.String, texts)}, repeating),
    "composite": Case(lambda n: {"duplicate_share": [n("n"), n("f")]}, COLUMNS, repeating),
}
