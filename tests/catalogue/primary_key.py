"""`primary_key` in plain Python."""

from __future__ import annotations

import polars as pl

from tests.catalogue.case import Case, Column, Rows, texts
from tests.catalogue.unique import COLUMNS, once


def there_once(rows: Rows, stored: Rows) -> list[bool | None]:
    return [answer is True for answer in once(rows, stored)]


CASES = {
    "composite": Case(
        lambda n: {"primary_key": [n("n"), n("f")]}, COLUMNS, there_once, stored=True
    ),
    "text": Case(
        lambda n: {"primary_key": n("x")}, {"x": Column(pl.String, texts)}, there_once, stored=True
    ),
    "nulls skipped": Case(
        lambda n: {"primary_key": [n("n"), n("f")], "nulls": "skip"}, COLUMNS, once, stored=True
    ),
}
