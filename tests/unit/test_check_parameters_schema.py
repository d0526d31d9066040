"""Checks on schemas: impossible parameters, and what their notes name."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import narwhals.stable.v2 as nw
import pytest
from pydantic import TypeAdapter, ValidationError

from dq_monitor.model.view import View
from dq_monitor.registry import plug

NOW = datetime(2013, 1, 2, tzinfo=UTC)
SCHEMA = {"a": nw.Int64(), "b": nw.String(), "c": nw.List(nw.Struct({"x": nw.Float64()}))}


def build(name: str, **parameters: Any) -> Any:
    return TypeAdapter(plug("dq_monitor.checks", name, "check")).validate_python(parameters)


@pytest.mark.parametrize(
    ("name", "parameters", "reason"),
    [
        ("column_exists", {"columns": []}, "at least 1"),
        ("column_exists", {"columns": ["a", "a"]}, "a is named twice"),
        ("column_absent", {}, "needs columns or like"),
        ("column_absent", {"columns": "a", "like": []}, "at least 1"),
        ("column_count", {"columns": 3}, "columns"),
        ("column_type", {"column": "a"}, "required"),
        ("column_type", {"column": "a", "type": "intger"}, "did you mean 'integer'"),
        ("column_type", {"column": "a", "type": ["int64", "list[x]"]}, "unknown type 'x'"),
        ("column_type", {"column": "a", "type": []}, "at least 1"),
        ("schema_match", {"columns": {}}, "at least 1"),
        ("schema_match", {"columns": {"a": "strin"}}, "did you mean 'string'"),
        ("schema_match", {"columns": {"a": []}}, "at least 1"),
        ("schema_match", {"columns": {"a": "any"}, "mode": "loose"}, "'set', 'ordered' or"),
        ("schema_changed", {"ignore": ["renamed"]}, "'added'"),
        ("schema_changed", {"baseline": {"a": "strange"}}, "unknown type 'strange'"),
        ("inferred_type", {"column": "a", "type": "string"}, "'boolean'"),
        ("inferred_type", {"column": "a", "type": []}, "at least 1"),
    ],
)
def test_impossible_parameter_is_refused(
    name: str, parameters: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ValidationError, match=reason):
        build(name, **parameters)


@pytest.mark.parametrize(
    ("name", "parameters", "note"),
    [
        ("column_exists", {"columns": ["d", "a", "e"]}, "missing: d, e"),
        ("column_absent", {"like": "[ab]"}, "unwanted: a, b"),
        ("column_type", {"column": "a", "type": ["text", "date"]}, "a is int64, not text or date"),
        (
            "column_type",
            {"column": "c", "type": "list[string]"},
            "c is list[struct{x: float64}], not list[string]",
        ),
        (
            "schema_match",
            {"columns": {"b": "text", "a": "date", "d": "any"}, "mode": "ordered"},
            "missing: d; unexpected: c; of another type: a is int64, not date; out of order: b, a",
        ),
        (
            "schema_changed",
            {"baseline": {"b": "string", "a": "date", "d": "date"}},
            "added: c; removed: d; retyped: a (date to int64); reordered: b, a",
        ),
    ],
)
def test_note_names_the_differences(name: str, parameters: dict[str, Any], note: str) -> None:
    assert build(name, **parameters).measure({}, View(SCHEMA, NOW)).note == note


def test_schema_as_it_was_delivered_is_held_against_the_stored_one() -> None:
    delivered = {"b": nw.String(), "e": nw.Int64(), "a": nw.Int32()}
    view = View(SCHEMA, NOW, before=SCHEMA, delivered=delivered)
    seen = build("schema_changed").measure({}, view)
    assert seen.value == 5
    assert seen.note == "added: e; removed: c; retyped: a (int64 to int32); reordered: a, b"


def test_column_of_another_type_than_text_has_no_inferred_type() -> None:
    with pytest.raises(ValueError, match="column 'a' is an integer, inferred_type needs a string"):
        build("inferred_type", column="a", type="integer").aggregates(View(SCHEMA, NOW))
