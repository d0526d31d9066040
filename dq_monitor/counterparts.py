"""Rules and pandera's own checks that ask the same, each side as plain data.

Nothing of pandera is imported here: it costs a second, and only who uses it pays. Where the two
differ: a NaN is unknown to a rule and a number to pandera's checks, and of several null keys
pandera says that they repeat.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

Parameters = Mapping[str, Any]
_SPECIAL = frozenset("\\.+*?()|[]{}^$")
_WHOLE = ("^(?:", ")$")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class PanderaCheck:
    """A built-in check of pandera by its name there, with its arguments."""

    name: str
    arguments: Parameters = field(default_factory=dict)


class NoCounterpart(ValueError):
    """The other side cannot ask this; the text says why."""


def rule_of(check: PanderaCheck) -> tuple[str, Parameters]:
    """Return the name of our check that asks the same, and its parameters but the column.

    Raises NoCounterpart.
    """
    if check.name not in _RULES:
        raise NoCounterpart(f"{check.name} is no built-in check that a rule can ask")
    try:
        return _RULES[check.name](check.arguments)
    except KeyError as error:
        raise NoCounterpart(f"{check.name} has no {error}") from error


def check_of(name: str, parameters: Parameters, dtype: pl.DataType | None, zone: str) -> Any:
    """Return pandera's check that asks the same as our check `name` of a column; see `rule_of`.

    `dtype` is the column's type, where a contract gives it: pandera compares dates only with dates.
    `zone` is how times without a zone are read.
    """
    if name not in _CHECKS:
        raise NoCounterpart(f"pandera has no check like {name}")

    def typed(value: Any) -> Any:
        return _typed(value, dtype, zone)

    return _CHECKS[name](parameters, typed)


def escaped(text: str) -> str:
    """Return a pattern that matches just `text`, in the syntax of every engine."""
    return "".join(f"\\{letter}" if letter in _SPECIAL else letter for letter in text)


def _scalar(value: Any) -> Any:
    """Return a value as YAML has it."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bool | int | str) or (isinstance(value, float) and math.isfinite(value)):
        return value
    raise NoCounterpart(f"a rule cannot hold a value of type {type(value).__name__}")


def _bound(value: Any) -> Any:
    if isinstance(value, str | bool):
        raise NoCounterpart("a rule has no bounds for texts")
    return _scalar(value)


def _range(low: str | None, high: str | None, *, strict: bool = False) -> Callable[..., Any]:
    def rule(arguments: Parameters) -> tuple[str, Parameters]:
        found: dict[str, Any] = {}
        for side, key in (("min", low), ("max", high)):
            if key is None:
                continue
            found[side] = _bound(arguments[key])
            if strict or not arguments.get(f"include_{side}", True):
                found[f"exclusive_{side}"] = True
        return "in_range", found

    return rule


def _listed(name: str, key: str) -> Callable[..., Any]:
    def rule(arguments: Parameters) -> tuple[str, Parameters]:
        given = arguments[key]
        members: Iterable[Any] = given if key.endswith("values") else [given]
        values = [_scalar(member) for member in members if member is not None]
        if not values:
            raise NoCounterpart("a rule cannot have an empty list")
        return name, {"values": values}

    return rule


def _pattern(build: Callable[[str], str], key: str = "pattern") -> Callable[..., Any]:
    def rule(arguments: Parameters) -> tuple[str, Parameters]:
        given = arguments[key]
        return _matching(build(given.pattern if isinstance(given, re.Pattern) else str(given)))

    return rule


def _matching(pattern: str) -> tuple[str, Parameters]:
    start, end = _WHOLE
    inner = pattern[len(start) : -len(end)]
    if pattern.startswith(start) and pattern.endswith(end) and _is_pattern(inner):
        return "matches", {"pattern": inner, "full": True}
    return "matches", {"pattern": pattern}


def _is_pattern(text: str) -> bool:
    try:
        return bool(text) and bool(re.compile(text))
    except re.error:
        return False


def _length(arguments: Parameters) -> tuple[str, Parameters]:
    exact = arguments.get("exact_value")
    if exact is not None:
        return "length", {"min": exact, "max": exact}
    bounds = {"min": arguments.get("min_value"), "max": arguments.get("max_value")}
    return "length", {name: value for name, value in bounds.items() if value is not None}


_RULES: Mapping[str, Callable[[Parameters], tuple[str, Parameters]]] = {
    "equal_to": _listed("in_set", "value"),
    "not_equal_to": _listed("not_in_set", "value"),
    "isin": _listed("in_set", "allowed_values"),
    "notin": _listed("not_in_set", "forbidden_values"),
    "greater_than": _range("min_value", None, strict=True),
    "greater_than_or_equal_to": _range("min_value", None),
    "less_than": _range(None, "max_value", strict=True),
    "less_than_or_equal_to": _range(None, "max_value"),
    "in_range": _range("min_value", "max_value"),
    "str_matches": _pattern(lambda text: text if text.startswith("^") else f"^{text}"),
    "str_contains": _pattern(lambda text: text),
    "str_startswith": _pattern(lambda text: f"^{escaped(text)}", "string"),
    "str_endswith": _pattern(lambda text: f"{escaped(text)}$", "string"),
    "str_length": _length,
}

Typed = Callable[[Any], Any]


def _ranged(parameters: Parameters, typed: Typed) -> PanderaCheck:
    low, high = typed(parameters["min"]), typed(parameters["max"])
    open_low, open_high = parameters["exclusive_min"], parameters["exclusive_max"]
    if high is None:
        name = "greater_than" if open_low else "greater_than_or_equal_to"
        return PanderaCheck(name, {"min_value": low})
    if low is None:
        name = "less_than" if open_high else "less_than_or_equal_to"
        return PanderaCheck(name, {"max_value": high})
    sides = {"include_min": not open_low, "include_max": not open_high}
    return PanderaCheck("in_range", {"min_value": low, "max_value": high, **sides})


def _members(name: str, key: str) -> Callable[[Parameters, Typed], PanderaCheck]:
    def check(parameters: Parameters, typed: Typed) -> PanderaCheck:
        return PanderaCheck(name, {key: [typed(value) for value in parameters["values"]]})

    return check


def _matched(parameters: Parameters, _: Typed) -> PanderaCheck:
    start, end = _WHOLE if parameters["full"] else ("", "")
    return PanderaCheck("str_contains", {"pattern": f"{start}{parameters['pattern']}{end}"})


def _measured(parameters: Parameters, _: Typed) -> PanderaCheck:
    if parameters["unit"] != "characters":
        raise NoCounterpart("pandera counts characters, not bytes")
    bounds = {"min_value": parameters["min"], "max_value": parameters["max"]}
    return PanderaCheck("str_length", bounds)


_CHECKS: Mapping[str, Callable[[Parameters, Typed], PanderaCheck]] = {
    "in_range": _ranged,
    "in_set": _members("isin", "allowed_values"),
    "not_in_set": _members("notin", "forbidden_values"),
    "matches": _matched,
    "length": _measured,
}


def _typed(value: Any, dtype: pl.DataType | None, zone: str) -> Any:
    """Return a value of a pack as the column's type: a text beside a date is read as one."""
    if isinstance(dtype, pl.Date) and isinstance(value, str):
        if not _DATE.fullmatch(value):
            raise NoCounterpart("pandera compares a date with dates alone")
        return date.fromisoformat(value)
    if isinstance(dtype, pl.Datetime) and isinstance(value, str):
        return _moment(datetime.fromisoformat(value), dtype, zone)
    if isinstance(value, str) and dtype is None and _DATE.match(value):
        raise NoCounterpart("the contract does not say whether the column is a text or a date")
    if isinstance(value, float) and dtype is not None and dtype.is_integer():
        return _whole(value)
    return value


def _moment(value: datetime, dtype: pl.Datetime, zone: str) -> datetime:
    if dtype.time_zone:
        aware = value if value.tzinfo else value.replace(tzinfo=ZoneInfo(zone))
        return aware.astimezone(UTC)
    if value.tzinfo:
        raise NoCounterpart("pandera compares a time without a zone with such times alone")
    return value


def _whole(value: float) -> int:
    if not value.is_integer():
        raise NoCounterpart("pandera compares whole numbers with whole numbers alone")
    return int(value)
