"""Which answers last, and when two rules ask the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import narwhals.stable.v2 as nw
import polars as pl
import pytest

from dq_monitor.engines.plan import compile_rules
from dq_monitor.model.rule import Rule
from dq_monitor.model.view import View
from dq_monitor.states.questions import fingerprint, lasting, reads_clock
from tests.states_house import pack_of

SCHEMA = pl.Schema(
    [
        ("id", pl.Int64()),
        ("dest", pl.String()),
        ("delay", pl.Float64()),
        ("seen_at", pl.Datetime("us", "UTC")),
    ]
)
VIEW = View(nw.Schema.from_polars(SCHEMA), datetime(2013, 7, 1, tzinfo=UTC))


def rule(text: str) -> Rule:
    return pack_of(f"- {text}").rules[0]


@pytest.mark.parametrize(
    ("text", "depends"),
    [
        ("not_null: id", False),
        ("in_range: {column: seen_at, min: 2013-01-01}", False),
        ("mean: {column: delay}\n  warn: {over: 1}", False),
        ("freshness: seen_at\n  warn: {over: 1d}", False),  # only its measure asks for the time
        ("not_in_future: seen_at", True),
        ("within_last: {column: seen_at, duration: 3d}", True),
        ("all_of: {rules: [{not_null: id}, {not_in_future: seen_at}]}", True),
        ("not_null: id\n  where: \"dest = 'EWR'\"", False),
    ],
)
def test_a_rule_is_asked_whether_it_looks_at_the_clock(text: str, depends: bool) -> None:  # noqa: FBT001 - a table's column
    assert reads_clock(rule(text), VIEW) is depends


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("not_null: id", "parts"),
        ("mean: {column: delay}\n  warn: {over: 1}", "parts"),
        ("median: {column: delay}\n  warn: {over: 1}", "rest"),
        ("not_in_future: seen_at", "rest"),
        ("unique: id", "indexed"),
        ("unique: id\n  nulls: fail", "rest"),
        ("unique: id\n  by: [dest]", "rest"),
        ("foreign_key: {column: dest, references: bronze.airports.faa}", "looked_up"),
        ("foreign_key: {column: dest, references: bronze.unknown.faa}", "rest"),
        ("mad_outliers: {column: delay}", "rest"),
        ("python: {function: on_time, columns: [delay], arguments: {minutes: 15}}", "rest"),
    ],
)
def test_answers_last_where_files_add_up(text: str, kind: str) -> None:
    plan = compile_rules([rule(text)], VIEW)
    assert not plan.errors
    found = lasting(plan, {"bronze.airports": "digest", "bronze.unknown": None})
    rest = (*found.rest.rows, *found.rest.tables, *found.rest.sets, *found.rest.queries)
    kinds = {
        "parts": found.parts,
        "looked_up": found.looked_up,
        "indexed": found.indexed,
        "rest": rest,
    }
    assert [name for name, questions in kinds.items() if questions] == [kind]


ASKED = rule("in_range: {column: delay, min: 0, max: 9}\n  where: \"dest = 'EWR'\"")


@pytest.mark.parametrize(
    "other",
    [
        "in_range: {max: 9, min: 0, column: delay}\n  where: \"dest = 'EWR'\"",
        "in_range: {column: delay, min: 0, max: 9}\n  where: \"dest = 'EWR'\"\n  warn: {over: 7}",
        "in_range: {column: delay, min: 0, max: 9}\n  where: \"dest = 'EWR'\"\n  id: other",
    ],
)
def test_how_a_rule_is_written_and_when_it_trips_is_no_other_question(other: str) -> None:
    assert fingerprint(rule(other), VIEW) == fingerprint(ASKED, VIEW)


@pytest.mark.parametrize(
    "other",
    [
        "in_range: {column: delay, min: 0, max: 8}\n  where: \"dest = 'EWR'\"",
        "in_range: {column: delay, min: 0, max: 9}\n  where: \"dest = 'JFK'\"",
        "in_range: {column: delay, min: 0, max: 9}",
        "in_range: {column: delay, min: 0, max: 9}\n  where: \"dest = 'EWR'\"\n  nulls: fail",
        "in_range: {column: delay, min: 0, max: 9}\n  where: \"dest = 'EWR'\"\n  by: [id]",
        "not_in_range: {column: delay, min: 0, max: 9}\n  where: \"dest = 'EWR'\"",
    ],
)
def test_what_a_rule_measures_is(other: str) -> None:
    assert fingerprint(rule(other), VIEW) != fingerprint(ASKED, VIEW)


def test_a_rule_within_a_rule_counts_by_its_name() -> None:
    found = {
        fingerprint(rule(f"all_of: {{rules: [{{{name}: dest}}]}}"), VIEW)
        for name in ("not_null", "is_null")
    }
    assert len(found) == 2


def test_types_the_timezone_and_the_referenced_version_are_part_of_the_question() -> None:
    narrow = {**VIEW.schema, "delay": nw.Float32()}
    found = {
        fingerprint(ASKED, VIEW),
        fingerprint(ASKED, replace(VIEW, schema=narrow)),
        fingerprint(ASKED, replace(VIEW, timezone="Europe/Berlin")),
        fingerprint(ASKED, VIEW, "another version"),
    }
    assert len(found) == 4
    other = {**VIEW.schema, "id": nw.Int32()}
    assert fingerprint(ASKED, replace(VIEW, schema=other)) == fingerprint(ASKED, VIEW)
