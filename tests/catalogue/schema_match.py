"""`schema_match` in plain Python: the answer is in the case itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from tests.catalogue.case import Case, Column, dates, small, texts

COLUMNS = {
    "x": Column(pl.Int64, small),
    "y": Column(pl.String, texts),
    "z": Column(pl.Date, dates),
}


def case(types: Mapping[str, Any], mode: str, differences: int) -> Case:
    def rule(n: Any) -> dict[str, Any]:
        named = {n(name) if name in COLUMNS else name: dtype for name, dtype in types.items()}
        return {"schema_match": {"columns": named, "mode": mode}}

    return Case(rule, COLUMNS, lambda *_: differences, typed=True)


CASES = {
    "the same": case({"z": "date", "x": "int64", "y": "string"}, "set", 0),
    "families": case({"x": "integer", "y": ["number", "text"], "z": "time"}, "ordered", 0),
    "another type": case({"x": "float64", "y": "string", "z": "timestamp"}, "set", 2),
    "missing, extra and another type": case({"x": "text", "no": "any"}, "set", 4),
    "subset": case({"y": "string", "no": "date"}, "subset", 1),
    "out of order": case({"y": "string", "x": "number", "z": "any"}, "ordered", 2),
}
