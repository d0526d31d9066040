"""`schema_match_other` in plain Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl

from tests.catalogue.case import Case, Column, Rows, few, texts

HERE = {"a": Column(pl.Int64, few), "b": Column(pl.String, texts), "c": Column(pl.Int64, few)}
THERE = {"b": Column(pl.String, texts), "a": Column(pl.Int64, few), "d": Column(pl.Int64, few)}
SWAPPED = {"c": HERE["c"], "b": HERE["b"], "a": HERE["a"]}


def case(value: float, others: dict[str, Column], **more: Any) -> Case:
    return Case(
        lambda n: {"schema_match_other": {"table": "ref.other", **more}},
        HERE,
        always(value),
        others,
        odd_names=False,
    )


def always(value: float) -> Callable[[Rows, Rows], float]:
    return lambda rows, others: value


CASES = {
    "set": case(2, THERE),  # c is too many, d is missing
    "names alone": case(2, THERE, types=False),
    "subset": case(1, THERE, mode="subset"),
    "superset": case(1, THERE, mode="superset"),
    "ignore": case(0, THERE, ignore=["c", "d"]),
    "another order": case(0, SWAPPED),
    "ordered": case(2, SWAPPED, mode="ordered"),
    "the same": case(0, HERE, mode="ordered"),
}
