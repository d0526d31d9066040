"""Puts pydantic's complaints into words that name the place in the pack and the remedy."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from dq_monitor.packs import words
from dq_monitor.packs.document import Node
from dq_monitor.packs.report import QUOTES, Mark, Report, cut, is_torn, shown

Path = tuple[str | int, ...]
UNKNOWN_KEY = {"extra_forbidden", "unexpected_keyword_argument"}
VERBS = {"takes", "must", "cannot", "needs", "is"}
BOUNDS = {
    "greater_than": ("gt", "more than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "at most"),
}
YES_NO = {**dict.fromkeys(("yes", "on", "y"), "true"), **dict.fromkeys(("no", "off", "n"), "false")}


@dataclass(frozen=True, slots=True)
class Held:
    """What was held against which schema, and what it is called in messages."""

    node: Node
    schema: Mapping[str, Any]
    subject: str

    def at(self, path: Sequence[str | int]) -> Mapping[str, Any]:
        """Return what the schema says of the value at `path`."""
        return words.at(self.schema, path, self.schema)

    def owner(self, path: Sequence[str | int]) -> str:
        """Return what the mapping at `path` is called."""
        return f"`{words.dotted(path)}`" if path else self.subject


def complaints(error: ValidationError, held: Held, report: Report) -> Iterator[tuple[Mark, str]]:
    """Return where and what is wrong, each thing once."""
    wrong: dict[Path, Any] = {}
    for issue in error.errors(include_url=False, include_input=False):
        path, reached = _walk(held.node, issue["loc"])
        if issue["type"] == "missing" and isinstance(issue["loc"][-1], str):
            yield reached.mark, _missing(issue["loc"][-1], path, held)
        elif issue["type"] in UNKNOWN_KEY:
            yield _unknown(path, held, report)
        elif _follows_from_others(issue, reached):
            continue
        elif path not in wrong or wrong[path]["type"].endswith("_type"):
            # Each branch of a union complains by itself; what is not about the type says most.
            wrong[path] = issue
    for path, issue in wrong.items():
        _, reached = _walk(held.node, path)
        message = _wrong(issue, held.at(path), held, reached, report)
        yield _named(message, reached), _sentence(held.subject, path, message)


def _follows_from_others(issue: Any, reached: Node) -> bool:
    """Say whether a list only seems too short because its entries were refused."""
    if issue["type"] != "too_short" or not isinstance(reached.value, list):
        return False
    return len(reached.value) >= int(issue["ctx"]["min_length"])


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
    owner = "" if subject.startswith("a ") or message.startswith(subject) else f"{subject}: "
    if not path:
        return owner + message
    joint = " " if message.partition(" ")[0] in VERBS else ": "
    return f"{owner}`{words.dotted(path)}`{joint}{message}"


def _missing(field: str, path: Path, held: Held) -> str:
    purpose = held.at((*path, field)).get("description", "")
    return f"{held.owner(path)} needs `{field}`" + (f": {purpose}" if purpose else "")


def _unknown(path: Path, held: Held, report: Report) -> tuple[Mark, str]:
    *parents, key = path
    _, owner = _walk(held.node, parents)
    known = words.fields(held.at(parents), held.schema)
    near = f": {QUOTES}" if is_torn(str(key)) else report.near(str(key), known)
    message = f"{held.owner(parents)} has no `{cut(str(key))}`{near}"
    return owner.keys[str(key)], message


def _wrong(issue: Any, part: Mapping[str, Any], held: Held, reached: Node, report: Report) -> str:
    kind, context, value = issue["type"], issue.get("ctx", {}), reached.plain()
    if kind == "value_error":
        return str(context["error"])
    if kind in BOUNDS:
        key, relation = BOUNDS[kind]
        return f"must be {relation} {context[key]:g}, not {shown(value)}"
    if kind == "string_too_short" or (kind == "too_short" and not value):
        return "must not be empty"
    if kind in {"string_too_long", "too_long"}:
        things = "characters" if kind == "string_too_long" else f"entries, not {len(value)}"
        return f"must have at most {context['max_length']} {things}"
    if kind == "string_pattern_mismatch" and "description" in part:
        return f"must be {part['description']}, not {shown(value)}"
    return _takes(part, held, value, report)


def _takes(part: Mapping[str, Any], held: Held, value: object, report: Report) -> str:
    takes = words.expected(part, held.schema)
    message = f"takes {takes}, not {shown(value)}"
    choices = words.allowed(part, held.schema)
    if choices and isinstance(value, str):
        return message + report.nearest(value, choices)
    fields = words.fields(part, held.schema)
    needed = part.get("required") or words.without_synonyms(fields)
    if takes == "a mapping" and len(needed) == 1 and _can_be_repeated(value):
        return f"{message}: write {{{needed[0]}: {value}}}"
    return message + _hint(value, takes)


def _hint(value: object, takes: str) -> str:
    if isinstance(value, str) and takes.endswith("number") and _numeric(value):
        return f": write {value} without quotes"
    if isinstance(value, str) and takes == "true or false" and value.lower() in YES_NO:
        return f": write {YES_NO[value.lower()]}"
    if not _can_be_repeated(value):
        return ""
    if takes.startswith(("a list of text", "a list of plain", "a list of numbers")):
        return f": write [{value}]"
    return ": put it in quotes" if takes == "text" else ""


def _can_be_repeated(value: object) -> bool:
    """Say whether a value can stand in the line that is suggested."""
    if isinstance(value, str):
        return bool(value.strip()) and value.isprintable()
    return value is not None and not isinstance(value, list | dict)


def _numeric(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _named(message: str, reached: Node) -> Mark:
    """Return where the parameter stands that a check's own complaint names, or quotes."""
    if not isinstance(reached.value, dict):
        return reached.mark
    named = [reached.get(word) for word in re.findall(r"\w+", message)]
    quoted = [
        node
        for node in reached.children()
        if isinstance(node.value, str) and repr(node.value) in message
    ]
    return next((node.mark for node in [*named, *quoted] if node), reached.mark)
