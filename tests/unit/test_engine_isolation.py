"""One broken question does not break the others, and its error holds no value of the data."""

from __future__ import annotations

from collections.abc import Sequence

import narwhals.stable.v2 as nw
import polars as pl
import pytest

from dq_monitor.engines.isolation import Broken, collecting, isolate
from dq_monitor.engines.portable import evaluate
from dq_monitor.model.view import View
from dq_monitor.packs import parse_pack
from tests.catalogue.case import NOW

BAD = {3, 11}


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 16])
def test_the_broken_are_found_and_all_others_answer(count: int) -> None:
    asked: list[int] = []

    def double(items: Sequence[int]) -> Sequence[int]:
        asked.append(len(items))
        if BAD & set(items):
            raise ValueError("it is bad")
        return [2 * item for item in items]

    found = list(isolate(double, range(count)))
    assert found == [(n, Broken("it is bad") if n in BAD else 2 * n) for n in range(count)]
    assert len(asked) <= 1 + len(BAD) * 2 * count.bit_length()


@pytest.mark.parametrize(
    ("error", "broken"),
    [
        (ValueError("column 'a' is a text"), Broken("column 'a' is a text")),
        (NotImplementedError("no skew"), Broken("no skew", lacking=True)),
        (TypeError("2013-01-01"), Broken("its query fails with TypeError", lacking=True)),
    ],
)
def test_why_a_question_could_not_be_put_together(error: Exception, broken: Broken) -> None:
    def fail(_: Sequence[int]) -> Sequence[int]:
        raise error

    assert list(isolate(fail, [1])) == [(1, broken)]


def test_what_an_engine_says_of_the_data_is_left_out() -> None:
    def fail(_: nw.LazyFrame[pl.LazyFrame]) -> pl.DataFrame:
        raise ValueError("cannot cast 'c4n4ry' to an integer")

    frame = nw.from_native(pl.LazyFrame({"a": [1]}))
    ((_, found),) = isolate(lambda _: [collecting(fail)(frame)], [1])
    assert found == Broken("evaluation failed with ValueError: check the rule and its columns")


RULES = """\
table: t
rules:
  - not_null: a
  - in_range: {column: a, min: 0}
    id: broken
  - mean: a
    warn: {over: 5}
  - unique: [a]
"""


def test_a_rule_whose_query_breaks_is_in_error_alone() -> None:
    def collect(frame: nw.LazyFrame[pl.LazyFrame]) -> pl.DataFrame:
        found = frame.to_native()
        if ">=" in found.explain():
            raise RuntimeError("c4n4ry")
        return found.collect()

    rows = nw.from_native(pl.LazyFrame({"a": [1, 2, 2, None]}))
    view = View(rows.collect_schema(), NOW)
    rules = parse_pack(RULES, "pack.yaml").rules
    seen = {one.rule_id: one for one in evaluate(rows, rules, view, {}, collect=collect)}
    assert (seen["not_null.a"].failing, seen["unique.a"].failing) == (1, 2)
    assert seen["mean.a"].value == pytest.approx(5 / 3)
    assert seen["broken"].error is not None
    assert "RuntimeError" in seen["broken"].error
    assert "c4n4ry" not in seen["broken"].error
