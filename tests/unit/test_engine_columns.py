"""A table checked a few columns at a time answers as one checked in one pass does."""

from __future__ import annotations

from datetime import UTC, datetime

import narwhals.stable.v2 as nw
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from dq_monitor.engines.passes import by_columns
from dq_monitor.engines.plan import compile_rules, reads
from dq_monitor.engines.polars import evaluate
from dq_monitor.engines.values import tally_values
from dq_monitor.model.view import View
from dq_monitor.packs import parse_pack

PACK = parse_pack(
    """
table: t
rules:
  - not_null: [s, t, x, y]
  - in_set: {column: s, values: [a, b]}
  - in_set: {column: s, values: [b, c]}
    id: other_set
  - matches: {column: s, pattern: "^a"}
  - matches: {column: s, pattern: "c$"}
    id: other_pattern
    nulls: fail
  - length: {column: s, max: 1}
    where: "s <> 'a'"
  - in_range: {column: x, min: 0}
    where: "t = 'a'"
  - expression: "x < y"
  - unique: [s, t]
  - unique: [x]
  - unique: [x]
    id: x_of_a
    where: "s = 'a'"
  - row_count: {}
    error: {below: 1}
  - row_count: {}
    id: rows_of_a
    where: "s = 'a'"
    error: {below: 1}
  - mean: x
    error: {below: 1}
""",
    "pack.yaml",
)
words = st.sampled_from(["a", "b", "c", "dd"])
numbers = st.integers(-2, 40)
FRAMES = st.lists(
    st.tuples(st.none() | words, st.none() | words, st.none() | numbers, numbers), max_size=60
).map(
    lambda rows: pl.DataFrame(
        rows, schema={"s": pl.String, "t": pl.String, "x": pl.Int64, "y": pl.Float64}, orient="row"
    )
)


def view_of(frame: pl.DataFrame) -> View:
    schema = nw.from_native(frame.lazy()).collect_schema()
    return View(schema, datetime(2013, 1, 1, tzinfo=UTC))


@settings(max_examples=60, deadline=None)
@given(frame=FRAMES)
def test_columns_apart_give_the_same_answers(frame: pl.DataFrame) -> None:
    apart, together = (
        evaluate(frame.lazy(), PACK.rules, view_of(frame), {}, None, columnar=columnar)
        for columnar in (True, False)
    )
    assert {seen.rule_id: seen for seen in apart} == {seen.rule_id: seen for seen in together}


def test_many_rules_of_a_column_with_few_values_are_asked_of_the_values() -> None:
    frame = pl.DataFrame({"s": ["a", None] * 50, "t": "x", "x": 1, "y": 1.0})
    plan = compile_rules(PACK.rules, view_of(frame), share=True)
    asked = {q.rule.id for q in plan.rows if reads(q.rule) == {"s"}}
    tally = tally_values(frame.lazy(), plan)
    assert tally.passing.keys() == asked
    assert tally.failing["not_null.s"] == 50
    assert tally.failing["other_pattern"] == 100


def test_a_column_of_many_values_is_asked_of_the_rows() -> None:
    frame = pl.DataFrame({"s": [str(n) for n in range(100)], "t": "x", "x": 1, "y": 1.0})
    plan = compile_rules(PACK.rules, view_of(frame), share=True)
    assert not tally_values(frame.lazy(), plan).passing


def test_every_question_is_in_one_part() -> None:
    plan = compile_rules(PACK.rules, view_of(pl.DataFrame(schema=dict.fromkeys("stxy", pl.Int8))))
    parts = by_columns(plan)
    rows = [q.rule.id for part in parts for q in part.rows]
    tables = [q.rule.id for part in parts for q in part.tables]
    assert sorted(rows) == sorted(q.rule.id for q in plan.rows)
    assert sorted(tables) == sorted(q.rule.id for q in plan.tables)
