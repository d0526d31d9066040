"""Says in plain words what a JSON schema asks for: `a number`, `a list of text`, `one of a, b`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dq_monitor.model.check import ROW_CHECK
from dq_monitor.packs.report import cut

JsonSchema = Mapping[str, Any]

PLAIN = {
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "object": "a mapping",
    "array": "a list",
    "null": "nothing",
}
FORMATS = {
    "date": "a date such as 2013-01-31",
    "date-time": "a time such as 2013-01-31T00:00:00Z",
    "duration": "a duration such as 26h",
}
SYNONYM = "another word for"  # so begins the description of a key that says what another says
MANY = {
    "a number": "numbers",
    "a number or text": "numbers, or shares such as 5%",
    "a whole number": "whole numbers",
    "a mapping": "mappings",
    "a plain value": "plain values",
    "a rule": "rules",
}


def expected(schema: JsonSchema, root: JsonSchema) -> str:
    """Return what `schema` takes; `root` holds the definitions it refers to."""
    schema = resolved(schema, root)
    if ROW_CHECK in schema:
        return "a rule"
    if choices := allowed(schema, root):
        return choices[0] if len(choices) == 1 else f"one of {', '.join(choices)}"
    if branches := schema.get("anyOf"):
        return _any_of([expected(branch, root) for branch in _given(branches)])
    if "format" in schema:
        return FORMATS.get(schema["format"], PLAIN["string"])
    if schema.get("type") == "array":
        return _list(schema, root)
    return PLAIN.get(schema.get("type", ""), "any value")


def allowed(schema: JsonSchema, root: JsonSchema) -> list[str]:
    """Return the closed list of values that `schema` takes, empty where there is none."""
    schema = resolved(schema, root)
    choices = schema.get("enum") or ([schema["const"]] if "const" in schema else [])
    branches = _given(schema.get("anyOf", []))
    if len(branches) == 1:
        return allowed(branches[0], root)
    return [str(choice) for choice in choices]


def fields(schema: JsonSchema, root: JsonSchema) -> dict[str, Any]:
    """Return the keys that a mapping may have, with their schemas."""
    found: dict[str, Any] = {}
    for branch in _branches(schema, root):
        found |= branch.get("properties", {})
    return found


def without_synonyms(fields: Mapping[str, JsonSchema]) -> list[str]:
    """Return the keys that are not merely another word for one that stands beside them."""
    return [n for n, f in fields.items() if not f.get("description", "").startswith(SYNONYM)]


def at(schema: JsonSchema, path: Sequence[str | int], root: JsonSchema) -> JsonSchema:
    """Return the part of `schema` that speaks of the value at `path`; empty where none does."""
    for part in path:
        branches = list(_branches(schema, root))
        schema = next((step for b in branches if (step := _step(b, part)) is not None), {})
    return resolved(schema, root)


def resolved(schema: JsonSchema, root: JsonSchema) -> JsonSchema:
    """Return the definition that a `$ref` names, with what stands beside the reference."""
    while "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        schema = {**root.get("$defs", {}).get(name, {}), **beside}
    return schema


def _branches(schema: JsonSchema, root: JsonSchema) -> Iterable[JsonSchema]:
    schema = resolved(schema, root)
    yield schema
    for branch in schema.get("anyOf", []):
        yield from _branches(branch, root)


def _step(schema: JsonSchema, part: str | int) -> JsonSchema | None:
    if isinstance(part, int):
        first: Sequence[JsonSchema] = schema.get("prefixItems", [])
        found: Any = first[part] if part < len(first) else schema.get("items")
    else:
        found = schema.get("properties", {}).get(part, schema.get("additionalProperties"))
    return found if isinstance(found, Mapping) else None


def _given(branches: Iterable[JsonSchema]) -> list[JsonSchema]:
    return [branch for branch in branches if branch.get("type") != "null"]


def _any_of(words: list[str]) -> str:
    names = dict.fromkeys(words)
    if "a number" in names:
        names.pop("a whole number", None)
    if names.keys() >= {"text", "a number", "true or false"}:
        return "a plain value"
    return " or ".join(names) or PLAIN["null"]


def _list(schema: JsonSchema, root: JsonSchema) -> str:
    if parts := schema.get("prefixItems"):
        item = expected(parts[0], root)
        return f"a list of {len(parts)} {MANY.get(item, item)}"
    if not isinstance(schema.get("items"), Mapping):
        return PLAIN["array"]
    item = expected(schema["items"], root)
    return f"a list of {MANY.get(item, item)}" if item != "any value" else PLAIN["array"]


def dotted(path: Sequence[str | int]) -> str:
    """Return `rows[2].origin` for the path to a value."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{cut(part)}" for part in path)
    return text.removeprefix(".")
