"""`column_count` in plain Python."""

from __future__ import annotations

from tests.catalogue.case import Case
from tests.catalogue.column_exists import COLUMNS

CASES = {
    "two": Case(lambda n: {"column_count": {}}, COLUMNS, lambda *_: 2),
}
