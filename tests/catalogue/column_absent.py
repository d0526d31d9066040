"""`column_absent` in plain Python."""

from __future__ import annotations

from tests.catalogue.case import Case
from tests.catalogue.column_exists import COLUMNS

CASES = {
    "none there": Case(lambda n: {"column_absent": ["no", "No"]}, COLUMNS, lambda *_: 0),
    "one there": Case(
        lambda n: {"column_absent": {"columns": [n("x"), "no"]}}, COLUMNS, lambda *_: 1
    ),
    "names that look alike": Case(
        lambda n: {"column_absent": {"columns": ["tmp_a"], "like": ["tmp_*", "*_i?", "TMP*"]}},
        {"tmp_a": COLUMNS["x"], "tmp_b": COLUMNS["x"], "a_id": COLUMNS["x"], "a": COLUMNS["y"]},
        lambda *_: 3,
        odd_names=False,
    ),
}
