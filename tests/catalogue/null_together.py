"""`null_together` in plain Python."""

from __future__ import annotations

from tests.catalogue.all_not_null import THREE
from tests.catalogue.case import Case, unknown

CASES = {
    "three": Case(
        lambda n: {"null_together": [n("a"), n("b"), n("c")]},
        THREE,
        lambda rows, _: [sum(map(unknown, row.values())) in {0, 3} for row in rows],
    ),
}
