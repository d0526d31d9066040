"""Tables held against each other: what an oracle over random rows would not show by itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import narwhals.stable.v2 as nw
import polars as pl
import pytest
import yaml

from dq_monitor.engines.polars import evaluate
from dq_monitor.model.verdict import Observation
from dq_monitor.model.view import View
from dq_monitor.packs import parse_pack

NOW = datetime(2013, 1, 2, tzinfo=UTC)
ROWS = {"k": [1, 2, 3], "v": [1.0, None, 3.0]}


def ask(rule: Mapping[str, Any], rows: Mapping[str, Any], others: Any = None) -> Observation:
    pack = parse_pack(yaml.safe_dump({"table": "a.b", "rules": [dict(rule)]}), "pack.yaml")
    frame = pl.LazyFrame(rows)
    view = View(nw.from_native(frame).collect_schema(), NOW)
    references = {} if others is None else {"ref.other": pl.LazyFrame(others)}
    (seen,) = evaluate(frame, pack.rules, view, references, None)
    return seen


@pytest.mark.parametrize(
    "rule",
    [
        {"row_count_match": "ref.other"},
        {"dataset_match": {"table": "ref.other", "key": "k"}},
        {"schema_match_other": "ref.other"},
        {"not_exists_in": {"column": "k", "references": "ref.other.k"}},
    ],
    ids=lambda rule: next(iter(rule)),
)
def test_without_the_other_table_the_rule_is_in_error(rule: Mapping[str, Any]) -> None:
    assert "no table 'ref.other'" in (ask(rule, ROWS).error or "")


def test_differences_are_told_by_their_kind() -> None:
    others = {"k": [1, 2, 4, 5, 5], "v": [1.0, 2.0, 4.0, 5.0, 5.0]}
    seen = ask({"dataset_match": {"table": "ref.other", "key": "k"}}, ROWS, others)
    assert (seen.value, seen.note) == (4, "1 missing, 1 extra, 1 changed, 1 repeated")


def test_odd_column_names_are_compared_as_they_are() -> None:
    rows = {'say "x"': [1, 2], "here": [1, 1], "c0": [True, False], "^x": ["a", "b"]}
    others = {'say "x"': [1, 2], "here": [1, 1], "c0": [True, None], "^x": ["a", "c"]}
    seen = ask({"dataset_match": {"table": "ref.other", "key": 'say "x"'}}, rows, others)
    assert (seen.value, seen.note) == (1, "1 changed")


def test_columns_without_a_counterpart_are_named() -> None:
    rule = {"dataset_match": {"table": "ref.other", "key": "k", "columns": "v"}}
    assert "no column 'v'" in (ask(rule, ROWS, {"k": [1]}).error or "")


def test_columns_of_two_types_are_refused_by_name() -> None:
    rule = {"dataset_match": {"table": "ref.other", "key": "k"}}
    seen = ask(rule, ROWS, {"k": ["1"], "v": [1.0]})
    assert seen.error is not None
    assert "column 'k' is an integer here and column 'k' a string there" in seen.error


def test_a_column_of_nothing_but_nulls_can_be_compared() -> None:
    rule = {"dataset_match": {"table": "ref.other", "key": "k"}}
    seen = ask(rule, {"k": [1], "v": [None]}, {"k": [1], "v": ["x"]})
    assert (seen.value, seen.error) == (1, None)


def test_both_counts_are_told() -> None:
    seen = ask({"row_count_match": "ref.other"}, ROWS, {"k": [1]})
    assert (seen.value, seen.note) == (2, "3 rows here, 1 in ref.other")


def test_values_on_one_side_are_told() -> None:
    rule = {"distinct_match": {"column": "k", "references": "ref.other.k"}}
    seen = ask(rule, ROWS, {"k": [3, 4, 5]})
    assert (seen.value, seen.note) == (4, "2 missing, 2 extra")


def test_aggregate_of_no_values_has_no_difference() -> None:
    rule = {"aggregate_match": {"column": "v", "aggregate": "max", "references": "ref.other.v"}}
    seen = ask(rule, ROWS, {"v": pl.Series([], dtype=pl.Float64)})
    assert (seen.value, seen.note) == (None, "no values in ref.other")


def test_schemas_are_told_apart_by_name_and_type() -> None:
    seen = ask({"schema_match_other": "ref.other"}, ROWS, {"k": ["x"], "w": [1]})
    assert seen.value == 3
    assert seen.note == "missing: w; unexpected: v; of another type: k (Int64, there String)"
