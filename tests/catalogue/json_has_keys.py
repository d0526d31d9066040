"""`json_has_keys` in plain Python."""

from __future__ import annotations

from tests.catalogue.case import Case, each
from tests.catalogue.json_valid import JSON, holds

CASES = {
    "one": Case(
        lambda n: {"json_has_keys": {"column": n("x"), "keys": "a"}},
        {"x": JSON},
        each(lambda x: holds(x, lambda v: isinstance(v, dict) and "a" in v), "x"),
    ),
    "several": Case(
        lambda n: {"json_has_keys": {"column": n("x"), "keys": ["a", "é"]}},
        {"x": JSON},
        each(lambda x: holds(x, lambda v: isinstance(v, dict) and {"a", "é"} <= set(v)), "x"),
    ),
}
