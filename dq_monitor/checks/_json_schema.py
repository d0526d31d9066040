"""JSON Schema, as much of it as can be asked without another document: compiled to functions."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sized
from functools import cache, partial
from typing import Annotated, Any

from pydantic import BeforeValidator

from dq_monitor.registry import suggest

Asks = Callable[[Any], bool]

_ANNOTATIONS = frozenset(
    ("$schema", "$id", "$comment", "title", "description", "default", "examples", "deprecated")
)


def _text(schema: object) -> object:
    if not isinstance(schema, Mapping):
        raise ValueError("schema must be a mapping: write the JSON Schema in place")  # noqa: TRY004 - pydantic's
    try:
        return json.dumps(schema, sort_keys=True, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ValueError(f"schema holds what JSON does not: {error}") from error


# As text, because a check is a value: it can be hashed.
SchemaText = Annotated[str, BeforeValidator(_text, json_schema_input_type=dict[str, Any])]


@cache
def compile_schema(text: str) -> Asks:
    """Return what says whether a schema allows a value; raise ValueError for what it cannot ask."""
    return _compiled(json.loads(text), "schema")


def _compiled(schema: Any, place: str) -> Asks:
    if isinstance(schema, bool):
        return lambda _: schema
    if not isinstance(schema, dict):
        raise ValueError(f"{place} must be a mapping or a boolean")  # noqa: TRY004 - pydantic's
    asks = [
        _keyword(word, wanted, schema, f"{place}.{word}")
        for word, wanted in schema.items()
        if word not in _ANNOTATIONS
    ]
    return lambda value: all(ask(value) for ask in asks)


def _keyword(word: str, wanted: Any, schema: dict[str, Any], place: str) -> Asks:
    if word in _OF_ONE_SCHEMA:
        return partial(_OF_ONE_SCHEMA[word], _compiled(wanted, place))
    if word in _OF_SCHEMAS:
        return partial(_OF_SCHEMAS[word], _several(wanted, place))
    if word == "additionalProperties":
        return partial(
            _additional, _compiled(wanted, place), frozenset(schema.get("properties", ()))
        )
    if word == "properties":
        return partial(_properties, _by_name(wanted, place))
    if word not in _SIMPLE:
        known = {*_SIMPLE, *_OF_ONE_SCHEMA, *_OF_SCHEMAS, "properties", "additionalProperties"}
        raise ValueError(f"{place} cannot be asked; {suggest(word, known)}")
    fits, ask = _SIMPLE[word]
    if not fits(wanted):
        raise ValueError(f"{place} cannot be {json.dumps(wanted)}")
    return partial(ask, wanted)


def _several(wanted: Any, place: str) -> list[Asks]:
    if not isinstance(wanted, list) or not wanted:
        raise ValueError(f"{place} must be a list of schemas")
    return [_compiled(schema, f"{place}.{number}") for number, schema in enumerate(wanted)]


def _by_name(wanted: Any, place: str) -> dict[str, Asks]:
    if not isinstance(wanted, dict):
        raise ValueError(f"{place} must be a mapping")  # noqa: TRY004 - pydantic's
    return {name: _compiled(schema, f"{place}.{name}") for name, schema in wanted.items()}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_whole(value: Any) -> bool:
    return _is_number(value) and value == value // 1


_TYPES: Mapping[str, Asks] = {
    "null": lambda value: value is None,
    "boolean": lambda value: isinstance(value, bool),
    "integer": _is_whole,
    "number": _is_number,
    "string": lambda value: isinstance(value, str),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}


def _same(one: Any, other: Any) -> bool:
    """Say whether two JSON values are equal: 1 is 1.0, but true is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[name], other[name]) for name in one)
    return bool(one == other)


def _type(wanted: Any, value: Any) -> bool:
    names = [wanted] if isinstance(wanted, str) else wanted
    return any(_TYPES[name](value) for name in names)


def _are_types(wanted: Any) -> bool:
    names = [wanted] if isinstance(wanted, str) else wanted
    return isinstance(names, list) and bool(names) and all(name in _TYPES for name in names)


def _properties(asks: Mapping[str, Asks], value: Any) -> bool:
    return not isinstance(value, dict) or all(
        asks[name](part) for name, part in value.items() if name in asks
    )


def _additional(ask: Asks, known: frozenset[str], value: Any) -> bool:
    return not isinstance(value, dict) or all(
        ask(part) for name, part in value.items() if name not in known
    )


def _sized(kind: type[Sized], holds: Callable[[int, int], bool]) -> Callable[[Any, Any], bool]:
    return lambda limit, value: not isinstance(value, kind) or holds(len(value), limit)


def _measured(holds: Callable[[float, float], bool]) -> Callable[[Any, Any], bool]:
    return lambda limit, value: not _is_number(value) or holds(value, limit)


def _is_size(wanted: Any) -> bool:
    return _is_whole(wanted) and wanted >= 0


def _is_names(wanted: Any) -> bool:
    return isinstance(wanted, list) and all(isinstance(name, str) for name in wanted)


_OF_ONE_SCHEMA: Mapping[str, Callable[[Asks, Any], bool]] = {
    "items": lambda ask, value: not isinstance(value, list) or all(map(ask, value)),
    "not": lambda ask, value: not ask(value),
}
_OF_SCHEMAS: Mapping[str, Callable[[list[Asks], Any], bool]] = {
    "allOf": lambda asks, value: all(ask(value) for ask in asks),
    "anyOf": lambda asks, value: any(ask(value) for ask in asks),
    "oneOf": lambda asks, value: sum(ask(value) for ask in asks) == 1,
}
# What each word may say, and how it is asked.
_SIMPLE: Mapping[str, tuple[Asks, Callable[[Any, Any], bool]]] = {
    "type": (_are_types, _type),
    "const": (lambda _: True, _same),
    "enum": (
        lambda wanted: isinstance(wanted, list),
        lambda wanted, value: any(_same(one, value) for one in wanted),
    ),
    "required": (
        _is_names,
        lambda names, value: not isinstance(value, dict) or all(name in value for name in names),
    ),
    "minLength": (_is_size, _sized(str, lambda size, limit: size >= limit)),
    "maxLength": (_is_size, _sized(str, lambda size, limit: size <= limit)),
    "minItems": (_is_size, _sized(list, lambda size, limit: size >= limit)),
    "maxItems": (_is_size, _sized(list, lambda size, limit: size <= limit)),
    "minProperties": (_is_size, _sized(dict, lambda size, limit: size >= limit)),
    "maxProperties": (_is_size, _sized(dict, lambda size, limit: size <= limit)),
    "minimum": (_is_number, _measured(lambda value, limit: value >= limit)),
    "maximum": (_is_number, _measured(lambda value, limit: value <= limit)),
    "exclusiveMinimum": (_is_number, _measured(lambda value, limit: value > limit)),
    "exclusiveMaximum": (_is_number, _measured(lambda value, limit: value < limit)),
}
