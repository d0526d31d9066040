"""`json_schema`, held against the library `jsonschema`."""

from __future__ import annotations

from typing import Any

from jsonschema import Draft202012Validator

from tests.catalogue.case import Case, each
from tests.catalogue.json_valid import JSON, holds


def case(schema: dict[str, Any]) -> Case:
    Draft202012Validator.check_schema(schema)
    return Case(
        lambda n: {"json_schema": {"column": n("x"), "schema": schema}},
        {"x": JSON},
        each(lambda x: holds(x, Draft202012Validator(schema).is_valid), "x"),
    )


CASES = {
    "object": case(
        {
            "title": "a flight",
            "type": "object",
            "required": ["a"],
            "properties": {"a": {"type": ["integer", "null"], "minimum": -5}, "b": True},
            "additionalProperties": {"type": "number", "exclusiveMaximum": 1000},
            "maxProperties": 3,
        }
    ),
    "closed": case({"properties": {"a": {}, "b": {}}, "additionalProperties": False}),
    "list": case({"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1}),
    "short": case({"maxItems": 1, "maxLength": 2, "minProperties": 1}),
    "enum": case({"enum": [1, True, None, "a", [1, {"a": False}], {}]}),
    "const": case({"const": 0}),
    "bounds": case({"minimum": 0, "maximum": 10, "not": {"type": "integer"}}),
    "choices": case(
        {
            "oneOf": [{"type": "number"}, {"exclusiveMinimum": 3}],
            "anyOf": [{"type": "integer"}, {"type": "string"}],
            "allOf": [{"not": {"const": 1}}],
        }
    ),
}
