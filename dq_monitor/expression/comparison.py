"""Comparisons, lists and LIKE: null when a side is unknown, dates and zones brought together."""

from __future__ import annotations

import operator
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import narwhals.stable.v2 as nw

from dq_monitor.expression.types import (
    NUMBERS,
    TIMES,
    Type,
    Value,
    articled,
    constant,
    in_zone,
    typed,
)
from dq_monitor.expression.zones import wall_clock
from dq_monitor.model.view import View

_OPERATORS = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_UNORDERED = frozenset({Type.BOOLEAN, Type.OTHER})
# Polars compares a few strings by equality faster than by a set.
_FEW_STRINGS = 8


def compare(op: str, left: Value, right: Value, view: View) -> Value:
    """Return `left op right`; raise ValueError when their types cannot be compared."""
    left, right = align(left, right, view)
    if left.type in _UNORDERED and (op not in {"=", "<>"} or left.type is Type.OTHER):
        raise ValueError(f"{left.label} is {articled(left.type)}: {op} cannot be asked of it")
    return Value(_OPERATORS[op](left.expr, right.expr), Type.BOOLEAN, f"{op} comparison")


def align(left: Value, right: Value, view: View) -> tuple[Value, Value]:
    """Return both values with types that compare; a text beside a date is read as one."""
    left, right = _known(left, right.type), _known(right, left.type)
    left, right = _dated(left, right.type), _dated(right, left.type)
    if left.type is right.type or {left.type, right.type} <= NUMBERS:
        return left, right
    if {left.type, right.type} <= TIMES:
        return _align_times(left, right, view)
    raise ValueError(
        f"{left.label} ({left.type}) cannot be compared with {right.label} ({right.type})"
    )


def is_in(value: Value, members: Sequence[Value], view: View, *, shared_as: str = "") -> Value:
    """Return whether a value is one of the literals `members`; null stays null.

    `shared_as` names the value where other rules of the pack may compare the same one.
    """
    for member in members:
        align(value, member, view)
    few_strings = value.type is Type.STRING and len(members) <= _FEW_STRINGS
    if few_strings or value.type not in NUMBERS | {Type.STRING}:
        found = [_equals(value, member, view, shared_as) for member in members]
        return Value(nw.any_horizontal(*found, ignore_nulls=False), Type.BOOLEAN, "IN")
    return Value(_is_member(value, [member.constant for member in members]), Type.BOOLEAN, "IN")


def _equals(value: Value, member: Value, view: View, shared_as: str) -> nw.Expr:
    equal = compare("=", value, member, view).expr
    if not shared_as:
        return equal
    return view.share(f"{shared_as} = {member.constant!r}", equal, of_part=True)


def like(value: Value, pattern: str, *, ignore_case: bool = False) -> Value:
    """Return whether a string matches an SQL pattern as a whole: % any text, _ one character."""
    if value.type not in {Type.STRING, Type.NULL}:
        raise ValueError(f"{value.label} is {articled(value.type)}, LIKE needs a string")
    text = typed(value, Type.STRING).expr
    found = None if ignore_case or "_" in pattern else _plainly_like(text, pattern)
    if found is None:
        body = "".join(_WILDCARDS.get(char, re.escape(char)) for char in pattern)
        found = text.str.contains(f"(?{'i' if ignore_case else ''}s)^{body}$")
    return Value(found, Type.BOOLEAN, "LIKE")


def _plainly_like(text: nw.Expr, pattern: str) -> nw.Expr | None:
    """Return LIKE without a regular expression, which takes longer; None where it needs one."""
    match pattern.split("%"):
        case [all_of_it]:
            return text == all_of_it
        case [start, ""]:
            return text.str.starts_with(start)
        case ["", end]:
            return text.str.ends_with(end)
        case ["", middle, ""]:
            return text.str.contains(middle, literal=True)
    return None


def local(value: Value, view: View) -> Value:
    """Return a date or timestamp as the wall clock of the table's time zone showed it."""
    if value.literal:
        return constant(_local_time(value.constant, view))
    if value.type is Type.DATE:
        return replace(value, expr=value.expr.cast(nw.Datetime("us")), type=Type.DATETIME)
    if value.type is Type.INSTANT:
        return Value(_shown(value, view), Type.DATETIME, value.label)
    return value


def _shown(instant: Value, view: View) -> nw.Expr:
    if instant.clock is not None:
        return instant.clock
    if view.engine == "polars":
        return instant.expr.dt.convert_time_zone(view.timezone).dt.replace_time_zone(None)
    return wall_clock(instant.expr, view.timezone)


_WILDCARDS = {"%": ".*", "_": "."}


def _known(value: Value, other: Type) -> Value:
    return typed(value, Type.INTEGER if other is Type.NULL else other)


def _dated(value: Value, other: Type) -> Value:
    if not (value.literal and value.type is Type.STRING and other in TIMES):
        return value
    return constant(read_time(value.constant))


def read_time(text: str) -> date | datetime:
    """Return an ISO date or timestamp; raise ValueError when it is neither."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is not an ISO date or timestamp") from error


def _align_times(left: Value, right: Value, view: View) -> tuple[Value, Value]:
    if left.type is Type.INSTANT and right.literal:
        return left, _instant(right, view)
    if right.type is Type.INSTANT and left.literal:
        return _instant(left, view), right
    return local(left, view), local(right, view)


def _instant(literal: Value, view: View) -> Value:
    there = _local_time(literal.constant, view).replace(tzinfo=ZoneInfo(view.timezone))
    return constant(in_zone(there, UTC))


def _local_time(value: date | datetime, view: View) -> datetime:
    if not isinstance(value, datetime):
        return datetime.combine(value, time())  # the table's own wall clock
    if value.tzinfo is None:
        return value
    return in_zone(value, ZoneInfo(view.timezone)).replace(tzinfo=None)


def _is_member(value: Value, members: Sequence[Any]) -> nw.Expr:
    if value.type is Type.FLOAT:
        return value.expr.is_in([float(m) for m in members])
    if value.type is Type.INTEGER:
        # Polars refuses to look for floats among integers; 1.5 is in no integer column.
        members = [int(m) for m in members if m == int(m)]
    return value.expr.is_in(members) if members else value.expr != value.expr
