"""`cardinality` in plain Python."""

from __future__ import annotations

import polars as pl

from tests.catalogue.case import Case, Column, Rows, few
from tests.catalogue.functional_dependency import CODE, decided

PAIR = {"a": Column(pl.Int64, few), "b": CODE}


def case(relation: str) -> Case:
    def one_each(rows: Rows, stored: Rows) -> list[bool | None]:
        one = decided(rows, stored, ["a"], ["b"])
        other = decided(rows, stored, ["b"], ["a"])
        if relation != "1:1":
            return one if relation == "n:1" else other
        return [
            None if a is None or b is None else a and b for a, b in zip(one, other, strict=True)
        ]

    return Case(
        lambda n: {"cardinality": {"column": n("a"), "other": n("b"), "relation": relation}},
        PAIR,
        one_each,
        stored=True,
    )


CASES = {relation: case(relation) for relation in ("1:1", "1:n", "n:1")}
