"""What `dqm explain` says is what the engine does: a watch and fewer columns bear it out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import narwhals.stable.v2 as nw
import polars as pl
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from dq_monitor.engines.explain import (
    BATCH,
    STAGED,
    STORED,
    Explanation,
    explain_check,
    explain_write,
)
from dq_monitor.engines.plan import Plan, compile_rules
from dq_monitor.engines.polars import evaluate
from dq_monitor.engines.watch import Part
from dq_monitor.model.check import Kind
from dq_monitor.model.rule import Rule
from dq_monitor.model.view import View
from dq_monitor.packs import parse_pack

NOW = datetime(2013, 2, 9, tzinfo=UTC)
FRAME = pl.DataFrame(
    {
        "carrier": ["UA", "UA", None, "AA"],
        "origin": ["EWR", "JFK", "LGA", "EWR"],
        "dest": ["X", "Y", "X", "Z"],
        "flight": [1, 1, 2, 3],
        "delay": [1.0, None, 5.0, -3.0],
        "unread": [1, 2, 3, 4],
    }
)
RULES = """\
- {matches: {column: dest, pattern: "X"}}
- {matches: {column: dest, pattern: "Y"}, id: m2}
- {matches: {column: dest, pattern: "Z"}, id: m3}
- {length: {column: dest, min: 1}}
- {length: {column: dest, max: 3}, id: l2}
- {not_null: dest}
- {not_null: carrier}
- {in_set: {column: origin, values: [EWR, JFK]}, where: "delay > 0"}
- {in_range: {column: delay, min: 0}, on_fail: drop}
- {compare_columns: {column: origin, op: "<>", other: dest}}
- {unique: [carrier, flight]}
- {unique: flight, where: "delay > 0"}
- {unique: delay}
- {unique: dest, nulls: fail}
- {unique: [origin, dest]}
- {unique: [origin, flight]}
- {unique: [dest, flight]}
- {foreign_key: {column: dest, references: bronze.airports.faa}}
- {row_count: {}, error: {below: 1}}
- {columns_match: {columns: [carrier], mode: subset}}
- {mean: delay, warn: {over: 1}, scope: table}
- {share_of: "origin = 'EWR'", warn: {over: 1}}
- {not_null: flight, by: origin}
- {mean: delay, id: by_mean, warn: {over: 1}, by: [origin, carrier], where: "flight > 1"}
- {unique: delay, id: by_unique, by: unread}
- {foreign_key: {column: dest, references: bronze.airports.faa}, id: by_foreign, by: carrier}
- {freshness: carrier, warn: {over: 1h}}
"""
AIRPORTS = {"bronze.airports": pl.LazyFrame({"faa": ["X", "Y"]})}


def rules_of(text: str) -> tuple[Rule, ...]:
    return parse_pack(f"table: silver.t\nrules: {yaml.safe_load(text)}", "pack.yaml").rules


EVERY = rules_of(RULES)
some_rules = st.lists(st.sampled_from(EVERY), unique_by=lambda rule: rule.id)


def view_of(frame: pl.DataFrame) -> View:
    return View(nw.from_native(frame.lazy()).collect_schema(), NOW)


def plan_of(rules: Iterable[Rule]) -> Plan:
    return compile_rules(list(rules), view_of(FRAME), share=True)


class Watched(list[tuple[Part, tuple[str, ...]]]):
    """What the engine says that it does."""

    @contextmanager
    def __call__(self, part: Part, rules: Iterable[str]) -> Iterator[None]:
        self.append((part, tuple(rules)))
        yield


@settings(max_examples=60, deadline=None)
@given(rules=some_rules, columnar=st.booleans(), times=st.sampled_from([1, 20]))
def test_the_looks_are_those_that_are_taken(
    rules: list[Rule], times: int, *, columnar: bool
) -> None:
    seen = Watched()
    frame = pl.concat([FRAME] * times)
    evaluate(frame.lazy(), rules, view_of(frame), AIRPORTS, None, columnar=columnar, watch=seen)
    tallied = [rule for part, asked in seen if part is Part.VALUES for rule in asked]
    told = explain_check(plan_of(rules), columnar=columnar, tallied=tallied)
    certain = [(look.part, look.rules) for look in told.looks if look.part is not Part.KEYS]
    assert [one for one in seen if one[0] is not Part.KEYS] == certain
    compared = {rule for part, asked in seen if part is Part.KEYS for rule in asked}
    keys = [look for look in told.looks if look.part is Part.KEYS]
    assert {rule for look in keys for rule in look.rules} <= compared
    assert compared <= {rule for look in keys for rule in (*look.rules, *look.perhaps)}


@settings(max_examples=30, deadline=None)
@given(rules=some_rules, columnar=st.booleans())
def test_no_other_column_is_read(rules: list[Rule], *, columnar: bool) -> None:
    told = explain_check(plan_of(rules), columnar=columnar)
    less = FRAME.select(told.columns or ["unread"])
    asked = [rule for rule in rules if rule.id not in {"columns_match", "freshness.carrier"}]
    assert evaluate(
        less.lazy(), asked, view_of(less), AIRPORTS, None, columnar=columnar
    ) == evaluate(FRAME.lazy(), asked, view_of(FRAME), AIRPORTS, None, columnar=columnar)


def every_rule(told: Explanation) -> set[str]:
    looks = {rule for look in told.looks for rule in (*look.rules, *look.perhaps)}
    return looks | {rule for rule, _ in told.errors}


@settings(max_examples=30, deadline=None)
@given(rules=some_rules)
def test_no_rule_is_forgotten(rules: list[Rule]) -> None:
    ids = {rule.id for rule in rules}
    plan = plan_of(rules)
    for told in (
        explain_check(plan, columnar=True),
        explain_check(plan, columnar=False),
        explain_write(plan),
    ):
        assert every_rule(told) == ids


def test_a_write_says_what_needs_the_stored_rows() -> None:
    plan = plan_of(EVERY)
    told = explain_write(plan)
    looks = [look for look in told.looks if STORED in (look.of, *look.beside)]
    against = {rule for look in looks for rule in look.rules}
    assert against == {
        *(q.rule.id for q in plan.against_stored()),
        *(q.rule.id for q in plan.of_whole_table()),
    }
    assert "mean.delay" in against
    assert "foreign_key.dest" not in against


def test_a_write_counts_rows_on_their_way_and_measures_what_was_staged() -> None:
    rules = "{not_null: [carrier]}, {not_null: origin, by: carrier}, {mean: delay, warn: {over: 9}}"
    told = explain_write(plan_of(rules_of(f"[{rules}]")))
    assert [(look.part, look.of, look.columns, look.rules) for look in told.looks] == [
        (Part.ROWS, BATCH, tuple(FRAME.columns), ("not_null.carrier", "not_null.origin")),
        (Part.ROWS, STAGED, ("delay",), ("mean.delay",)),
        (Part.SEGMENTS, STAGED, ("carrier", "origin"), ("not_null.origin",)),
    ]
    dropping = rules_of(f"[{rules}, {{not_null: dest, on_fail: drop}}]")
    (only,) = explain_write(plan_of(dropping)).looks
    assert only.rules == ("not_null.carrier", "not_null.origin", "not_null.dest", "mean.delay")


def test_what_no_column_is_read_for_is_named() -> None:
    told = explain_check(plan_of(EVERY), columnar=True)
    assert told.reads_nothing == ("row_count", "columns_match")
    assert told.columns == tuple(FRAME.columns)


def test_rules_that_cannot_be_asked_are_told_with_the_reason() -> None:
    told = explain_check(plan_of(EVERY), columnar=True)
    [(rule, why)] = told.errors
    assert rule == "freshness.carrier"
    assert "carrier" in why


def test_looks_are_counted_once_for_each_set_of_columns() -> None:
    rules = rules_of("[{not_null: [carrier, origin]}, {length: {column: carrier, min: 2}}]")
    told = explain_check(plan_of(rules), columnar=True)
    assert [look.columns for look in told.looks] == [("carrier",), ("origin",)]
    assert (told.passes(certain=True), told.passes(certain=False)) == (2, 2)


def test_many_rules_of_a_text_column_are_asked_of_its_values() -> None:
    rules = [rule for rule in EVERY if rule.columns == ("dest",) and rule.kind is Kind.ROW]
    told = explain_check(plan_of(rules), columnar=True)
    asked = [(look.part, len(look.rules)) for look in told.looks]
    assert asked == [(Part.ESTIMATE, 6), (Part.VALUES, 6), (Part.ROWS, 0)]
    counted = explain_check(plan_of(rules), columnar=True, tallied=[])
    assert [(look.part, len(look.rules)) for look in counted.looks] == [
        (Part.ESTIMATE, 6),
        (Part.ROWS, 6),
    ]


@pytest.mark.parametrize(("columnar", "looks"), [(True, (1, 2)), (False, (1, 2))])
def test_keys_are_perhaps_looked_at_again(*, columnar: bool, looks: tuple[int, int]) -> None:
    told = explain_check(plan_of(rules_of("[{unique: flight}]")), columnar=columnar)
    assert (told.passes(certain=True), told.passes(certain=False)) == looks
