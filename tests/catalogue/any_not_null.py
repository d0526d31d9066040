"""`any_not_null` in plain Python."""

from __future__ import annotations

from tests.catalogue.all_not_null import THREE
from tests.catalogue.case import Case, unknown

CASES = {
    "three": Case(
        lambda n: {"any_not_null": [n("a"), n("b"), n("c")]},
        THREE,
        lambda rows, _: [not all(map(unknown, row.values())) for row in rows],
    ),
}
