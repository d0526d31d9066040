"""`all_of` in plain Python, and how the other checks of checks are read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import polars as pl
from hypothesis import strategies as st

from tests.catalogue.case import Answer, Case, Column, Names, Row, floats, small, unknown

COLUMNS = {
    "a": Column(pl.Int8, small),
    "b": Column(pl.Float64, floats),
    "c": Column(pl.String, st.sampled_from(["EWR", "JFK", ""])),
}


def parts(n: Names) -> list[dict[str, Any]]:
    """Return three checks, of which one always knows."""
    return [
        {"in_range": {"column": n("a"), "min": 0}},
        {"compare": {"column": n("b"), "op": "<", "value": 0.5}},
        {"not_null": n("c")},
    ]


def answers(row: Row) -> list[bool | None]:
    a, b, c = row["a"], row["b"], row["c"]
    return [None if a is None else a >= 0, None if unknown(b) else b < 0.5, c is not None]


def conjunction(found: Sequence[bool | None]) -> bool | None:
    return False if False in found else None if None in found else True


def disjunction(found: Sequence[bool | None]) -> bool | None:
    return True if True in found else None if None in found else False


def negation(answer: bool | None) -> bool | None:  # noqa: FBT001 - an answer
    return None if answer is None else not answer


def case(rule: Callable[[Names], Mapping[str, Any]], answer: Callable[[Row], bool | None]) -> Case:
    def oracle(rows: Sequence[Row], _: Sequence[Row]) -> Answer:
        return [answer(row) for row in rows]

    return Case(rule, COLUMNS, oracle)


def odd_or_short(row: Row) -> bool | None:
    c = row["c"]
    short = None if c is None else len(c) <= 1
    jfk = None if c is None else re.search("J", c) is not None
    return conjunction([answers(row)[0], disjunction([short, negation(jfk)])])


CASES = {
    "three": case(lambda n: {"all_of": parts(n)}, lambda row: conjunction(answers(row))),
    "one": case(lambda n: {"all_of": parts(n)[:1]}, lambda row: answers(row)[0]),
    "nested": case(
        lambda n: {
            "all_of": [
                parts(n)[0],
                {
                    "any_of": [
                        {"length": {"column": n("c"), "max": 1}},
                        {"none_of": [{"matches": {"column": n("c"), "pattern": "J"}}]},
                    ]
                },
            ]
        },
        odd_or_short,
    ),
    "nulls fail": case(
        lambda n: {"all_of": {"rules": parts(n)}, "nulls": "fail"},
        lambda row: conjunction(answers(row)) is True,
    ),
}
