"""Holds a part of a file against its typed model and tells, in plain words, what does not fit."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from dq_monitor.errors import DqmError
from dq_monitor.packs import words
from dq_monitor.packs.document import Node
from dq_monitor.packs.report import Mark, Report, shown

T = TypeVar("T")
Path = tuple[str | int, ...]
UNKNOWN_KEY = {"extra_forbidden", "unexpected_keyword_argument"}
VERBS = {"takes", "must", "cannot", "needs"}
BOUNDS = {
    "greater_than": ("gt", "more than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "at most"),
}


@dataclass(frozen=True, slots=True)
class Shape(Generic[T]):
    """A typed model with its JSON schema, which holds the words for messages."""

    adapter: TypeAdapter[T]
    schema: Mapping[str, Any]
    strict: bool

    @property
    def fields(self) -> Mapping[str, Any]:
        """Return the schema of each key, in the order of declaration."""
        fields: Mapping[str, Any] = words.resolved(self.schema, self.schema).get("properties", {})
        return fields


@cache
def shape_of(model: type[T], *, strict: bool = True) -> Shape[T]:
    """Return the shape of a pydantic model, or of a check, whose fields say how strict they are."""
    adapter = TypeAdapter(model)
    return Shape(adapter, adapter.json_schema(), strict)


def validate(shape: Shape[T], node: Node, report: Report, subject: str) -> T | None:
    """Return `node` as the shape's type, or None with every reason in `report`.

    `subject` is what the mapping is called in messages: `in_range`, `a pack`.
    """
    try:
        # In strict mode pydantic takes a list for a tuple and a text for an enum from JSON only.
        return shape.adapter.validate_json(json.dumps(node.plain()), strict=shape.strict)
    except ValidationError as error:
        for mark, message in _problems(error, shape, node, report, subject):
            report.add(mark, message)
    except (ArithmeticError, DqmError, LookupError, RecursionError, TypeError) as error:
        report.add(node.mark, f"{subject}: {error}")
    return None


def _problems(
    error: ValidationError, shape: Shape[Any], node: Node, report: Report, subject: str
) -> Iterator[tuple[Mark, str]]:
    told = set()
    for issue in error.errors(include_url=False, include_input=False):
        path, reached = _walk(node, issue["loc"])
        kind = issue["type"]
        if kind == "missing" and isinstance(issue["loc"][-1], str):
            yield reached.mark, _missing(issue["loc"][-1], path, shape, subject)
        elif kind in UNKNOWN_KEY:
            yield _unknown(path, shape, node, report, subject)
        elif path not in told:  # each branch of a union complains by itself: one is enough
            told.add(path)
            message = _wrong(issue, path, shape, reached, report)
            yield _named(message, reached), _sentence(subject, path, message)


def _walk(node: Node, location: Sequence[str | int]) -> tuple[Path, Node]:
    """Follow pydantic's location as far as the file has it: the rest names a branch of a union."""
    path: list[str | int] = []
    for part in location:
        value = node.value
        if isinstance(value, dict) and part in value:
            node = value[str(part)]
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            node = value[part]
        else:
            break
        path.append(part)
    return tuple(path), node


def _sentence(subject: str, path: Path, message: str) -> str:
    """Join whose value it is and what is wrong with it: `in_range: `min` takes a number, ...`."""
    owner = "" if path and subject.startswith("a ") else f"{subject}: "
    if not path:
        return owner + message
    joint = " " if message.partition(" ")[0] in VERBS else ": "
    return f"{owner}`{words.dotted(path)}`{joint}{message}"


def _missing(field: str, path: Path, shape: Shape[Any], subject: str) -> str:
    owner = f"`{words.dotted(path)}`" if path else subject
    purpose = words.at(shape.schema, (*path, field), shape.schema).get("description", "")
    return f"{owner} needs `{field}`" + (f": {purpose}" if purpose else "")


def _unknown(
    path: Path, shape: Shape[Any], node: Node, report: Report, subject: str
) -> tuple[Mark, str]:
    *parents, key = path
    _, owner = _walk(node, parents)
    known = words.at(shape.schema, parents, shape.schema).get("properties", {})
    name = f"`{words.dotted(parents)}`" if parents else subject
    return owner.keys[str(key)], f"{name} has no `{key}`{report.near(str(key), known)}"


def _wrong(issue: Any, path: Path, shape: Shape[Any], reached: Node, report: Report) -> str:
    kind, context = issue["type"], issue.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if kind in BOUNDS:
        key, relation = BOUNDS[kind]
        return f"must be {relation} {context[key]:g}, not {shown(reached.plain())}"
    if kind == "string_too_short" or (kind == "too_short" and not reached.value):
        return "must not be empty"
    part = words.at(shape.schema, path, shape.schema)
    return _takes(part, shape, reached, report)


def _takes(part: Mapping[str, Any], shape: Shape[Any], reached: Node, report: Report) -> str:
    value = reached.plain()
    message = f"takes {words.expected(part, shape.schema)}, not {shown(value)}"
    choices = words.allowed(part, shape.schema)
    if choices and isinstance(value, str):
        return message + report.near(value, choices)
    return message + _hint(value, words.expected(part, shape.schema))


def _hint(value: object, takes: str) -> str:
    if isinstance(value, str) and "number" in takes and _numeric(value):
        return f": write {value} without quotes"
    if takes == "text" and isinstance(value, int | float):
        return ": put it in quotes"
    return ""


def _numeric(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _named(message: str, reached: Node) -> Mark:
    """Return where the first parameter stands that a check's own complaint names."""
    named = (reached.get(word) for word in re.findall(r"\w+", message))
    return next((node.mark for node in named if node), reached.mark)
