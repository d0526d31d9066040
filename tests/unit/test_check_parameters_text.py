"""Impossible parameters of the text checks are refused when a pack is loaded, in words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import narwhals.stable.v2 as nw
import pytest
from pydantic import TypeAdapter, ValidationError

from dq_monitor.model.view import View
from dq_monitor.registry import plug

NOW = datetime(2013, 1, 2, tzinfo=UTC)


def build(name: str, **parameters: Any) -> Any:
    check = plug("dq_monitor.checks", name, "check")
    return TypeAdapter(check).validate_python({"column": "a", **parameters})


def schema(**words: Any) -> dict[str, Any]:
    return {"schema": words}


@pytest.mark.parametrize(
    ("name", "parameters", "reason"),
    [
        ("not_matches", {"pattern": "(a"}, "invalid pattern: unclosed group"),
        ("not_matches", {"pattern": "a)(b", "full": True}, "unopened group"),
        ("not_matches", {"pattern": "(?=a)b"}, "look-around"),
        ("not_matches", {"pattern": "a" * 1001}, "longer than 1,000"),
        ("matches_any", {"patterns": []}, "at least 1"),
        ("matches_any", {"patterns": ["a", r"(a)\1"]}, "backreferences are not supported"),
        ("matches_any", {"patterns": ["a)|(b"]}, "unopened group"),
        ("like", {"pattern": ""}, "at least 1"),
        ("like", {}, "required"),
        ("not_like", {"pattern": "x" * 1001}, "at most 1000"),
        ("starts_with", {"prefix": ""}, "at least 1"),
        ("starts_with", {"prefix": []}, "at least 1"),
        ("ends_with", {"suffix": ["a", ""]}, "at least 1"),
        ("contains", {"text": 5}, "valid"),
        ("casing", {"case": "camel"}, "'upper', 'lower' or 'title'"),
        ("charset", {}, "needs only or also"),
        ("charset", {"only": "latin"}, "'ascii', 'alpha'"),
        ("charset", {"also": "a\0"}, "NUL"),
        ("word_count", {}, "needs min above 0 or max"),
        ("word_count", {"min": 0}, "needs min above 0 or max"),
        ("word_count", {"min": 3, "max": 2}, "min 3 is above max 2"),
        ("word_count", {"max": 201}, "less than or equal to 200"),
        ("parseable_as", {"type": "decimal"}, "'integer', 'number'"),
        ("parseable_as", {"type": "integer", "layout": "YYYYMMDD"}, "layout is for date"),
        ("parseable_as", {"type": "date", "layout": "YY-MM-DD"}, "'YYYY-MM-DD'"),
        ("format", {"as": "mail"}, "'base64', 'bic'"),
        ("format", {}, "required"),
        ("no_pii", {"kinds": []}, "at least 1"),
        ("no_pii", {"kinds": ["email", "email"]}, "email is named twice"),
        ("no_pii", {"kinds": ["passport"]}, "'email', 'phone'"),
        ("min_length", {"unit": "words"}, "'characters' or 'bytes'"),
        ("json_has_keys", {"keys": []}, "at least 1"),
        ("json_schema", {"schema": "object"}, "must be a mapping"),
        ("json_schema", schema(pattern="a"), "schema.pattern cannot be asked"),
        ("json_schema", schema(requierd=["a"]), "did you mean 'required'"),
        ("json_schema", schema(type="text"), 'schema.type cannot be "text"'),
        ("json_schema", schema(properties={"a": {"minLength": -1}}), "schema.properties.a.minLen"),
        ("json_schema", schema(items=[{"type": "string"}]), "schema.items must be a mapping"),
        ("json_schema", schema(anyOf=[]), "schema.anyOf must be a list"),
        ("json_schema", schema(const=float("nan")), "what JSON does not"),
        ("json_schema", schema(const=NOW), "what JSON does not"),
        ("json_schema", schema(**{"$ref": "http://example.org"}), "cannot be asked"),
    ],
)
def test_impossible_parameter_is_refused(
    name: str, parameters: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ValidationError, match=reason):
        build(name, **parameters)


PARAMETERS: dict[str, dict[str, Any]] = {
    "not_matches": {"pattern": "a"},
    "matches_any": {"patterns": ["a"]},
    "like": {"pattern": "a"},
    "not_like": {"pattern": "a"},
    "starts_with": {"prefix": "a"},
    "ends_with": {"suffix": "a"},
    "contains": {"text": "a"},
    "casing": {"case": "upper"},
    "trimmed": {},
    "charset": {"only": "ascii"},
    "word_count": {"max": 1},
    "parseable_as": {"type": "integer"},
    "format": {"as": "email"},
    "no_pii": {},
    "json_valid": {},
    "json_has_keys": {"keys": "a"},
    "json_schema": {"schema": {}},
}


@pytest.mark.parametrize("name", PARAMETERS)
def test_what_is_no_text_is_refused_before_any_row_is_read(name: str) -> None:
    with pytest.raises(ValueError, match=r"column 'a'.* is an integer, .* needs a string"):
        build(name, **PARAMETERS[name]).passes(View({"a": nw.Int64()}, NOW))


@pytest.mark.parametrize("name", ["min_length", "max_length", "mean_length"])
def test_length_of_what_is_no_text_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"column 'a' is an integer, {name} needs a string"):
        build(name).aggregates(View({"a": nw.Int64()}, NOW))


@pytest.mark.parametrize("name", ["json_valid", "json_has_keys", "json_schema"])
def test_json_is_refused_where_polars_does_not_run(name: str) -> None:
    with pytest.raises(ValueError, match="only Polars can"):
        build(name, **PARAMETERS[name]).passes(View({"a": nw.String()}, NOW, engine="duckdb"))
