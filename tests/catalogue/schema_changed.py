"""`schema_changed` in plain Python: the answer is in the case itself; the gate's tests ask more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.catalogue.case import Case
from tests.catalogue.schema_match import COLUMNS


def case(types: Mapping[str, Any], ignore: list[str], differences: int) -> Case:
    def rule(n: Any) -> dict[str, Any]:
        named = {n(name) if name in COLUMNS else name: dtype for name, dtype in types.items()}
        return {"schema_changed": {"baseline": named, "ignore": ignore}}

    return Case(rule, COLUMNS, lambda *_: differences, typed=True)


CASES = {
    "no table before": Case(lambda n: {"schema_changed": {}}, COLUMNS, lambda *_: None),
    "nothing": case({"x": "integer", "y": "string", "z": "date"}, [], 0),
    "added, removed and retyped": case({"no": "string", "x": "text", "z": "date"}, [], 3),
    "reordered": case({"y": "string", "x": "integer", "z": "date", "no": "any"}, ["removed"], 2),
    "ignored": case({"y": "integer", "x": "any"}, ["added", "retyped", "reordered"], 0),
}
