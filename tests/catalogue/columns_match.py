"""`columns_match` in plain Python."""

from __future__ import annotations

from typing import Any

import polars as pl

from tests.catalogue.case import Case, Column, small

COLUMNS = {"x": Column(pl.Int64, small), "y": Column(pl.Int64, small)}


def case(names: str, mode: str, differences: int) -> Case:
    def rule(n: Any) -> dict[str, Any]:
        expected = [n(name) if name in COLUMNS else name for name in names]
        return {"columns_match": {"columns": expected, "mode": mode}}

    return Case(rule, COLUMNS, lambda rows, _: differences)


CASES = {
    "set": case("yx", "set", 0),
    "set with other columns": case("xzw", "set", 3),
    "ordered": case("xy", "ordered", 0),
    "out of order": case("yx", "ordered", 2),
    "subset": case("x", "subset", 0),
    "subset with a missing one": case("xz", "subset", 1),
}
