"""Arithmetic, functions and casts of expressions: unknown instead of NaN, overflow or a crash."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import narwhals.stable.v2 as nw

from dq_monitor.expression.comparison import align, compare, local
from dq_monitor.expression.tree import MAX_INTEGER
from dq_monitor.expression.types import (
    NUMBERS,
    TIMES,
    Type,
    Value,
    require,
    typed,
)
from dq_monitor.model.view import View

_MIN_INTEGER = -MAX_INTEGER - 1
# Safely inside 64 bits even after rounding to a float.
_SAFE = 9.2e18
_WHOLE = r"^\s*[+-]?[0-9]{1,18}\s*$"
_DECIMAL = r"^\s*[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?\s*$"


def arithmetic(op: str, left: Value, right: Value, view: View) -> Value:
    """Return `left op right` for numbers, or for times and durations where that has a meaning."""
    if left.type in TIMES | {Type.DURATION} or right.type in TIMES | {Type.DURATION}:
        return _time_arithmetic(op, left, right, view)
    left, right = require(left, NUMBERS, op), require(right, NUMBERS, op)
    if op == "%":
        return _remainder(left, right)
    if op == "/" or Type.FLOAT in {left.type, right.type}:
        return _float_arithmetic(op, left, right)
    return _integer_arithmetic(op, left, right)


def _float_arithmetic(op: str, left: Value, right: Value) -> Value:
    a, b = _rough(left), _rough(right)
    if op == "/":
        result = a / (b if right.literal and right.constant else nw.when(b != 0).then(b))
    else:
        result = _apply(op, a, b)
    return Value(result, Type.FLOAT, op, shadow=result)


def _integer_arithmetic(op: str, left: Value, right: Value) -> Value:
    """Return an exact result that may have wrapped around, and a rough one that has not."""
    exact = _apply(op, _integer(left), _integer(right))
    return Value(exact, Type.INTEGER, op, shadow=_apply(op, _rough(left), _rough(right)))


def _rough(value: Value) -> nw.Expr:
    return _float(value) if value.shadow is None else value.shadow


def settled(value: Value) -> Value:
    """Return a formula's value, unknown where it did not fit 64 bits or is not a number.

    Once for a whole formula: guards ask a value twice, so within each other they would double it
    at each step, and an integer that wraps around on the way and comes back is exact again.
    """
    if value.shadow is None:
        return value
    whole = value.type is Type.INTEGER
    sound = value.shadow.abs() < _SAFE if whole else ~value.shadow.is_nan()
    return replace(value, expr=nw.when(sound).then(value.expr), shadow=None)


def _apply(op: str, a: nw.Expr, b: nw.Expr) -> nw.Expr:
    if op == "+":
        return a + b
    return a - b if op == "-" else a * b


def _remainder(left: Value, right: Value) -> Value:
    """Return the remainder with the sign of the dividend, as SQL has it; engines differ."""
    whole = {left.type, right.type} == {Type.INTEGER}
    a, b = (_integer(left), _integer(right)) if whole else (_float(left), _float(right))
    size = a.abs() % b.abs()
    signed = nw.when(a < 0).then(-size).otherwise(size)
    result = nw.when(b != 0).then(signed)
    if whole:
        return Value(result, Type.INTEGER, "%")
    return Value(result, Type.FLOAT, "%", shadow=result)


def _time_arithmetic(op: str, left: Value, right: Value, view: View) -> Value:
    if op == "-" and {left.type, right.type} <= TIMES:
        left, right = align(left, right, view)
        left, right = _clocked(left, view), _clocked(right, view)
        return Value(left.expr - right.expr, Type.DURATION, "time difference")
    if op in {"+", "-"} and right.type is Type.DURATION and left.type in TIMES | {Type.DURATION}:
        left = _clocked(left, view)
        return Value(_apply(op, left.expr, right.expr), left.type, f"time {op} interval")
    raise ValueError(
        f"{left.label} ({left.type}) {op} {right.label} ({right.type}) has no meaning; "
        "add or subtract INTERVAL '1 day'"
    )


def _clocked(value: Value, view: View) -> Value:
    return local(value, view) if value.type is Type.DATE else value


def absolute(value: Value) -> Value:
    """Return ABS(value)."""
    value = require(value, NUMBERS, "ABS")
    if value.type is Type.FLOAT:
        return replace(value, expr=value.expr.abs(), literal=False)
    whole = _integer(value)
    return Value(nw.when(whole > _MIN_INTEGER).then(whole.abs()), Type.INTEGER, "ABS")


def rounded(value: Value, digits: int) -> Value:
    """Return ROUND(value, digits), halves away from zero as SQL has it."""
    scale = float(10**digits)
    number = _float(require(value, NUMBERS, "ROUND"))
    size = (number.abs() * scale + 0.5).floor() / scale
    return Value(nw.when(number < 0).then(-size).otherwise(size), Type.FLOAT, "ROUND")


def whole(value: Value, op: str) -> Value:
    """Return FLOOR(value) or CEIL(value)."""
    number = _float(require(value, NUMBERS, op))
    return Value(number.floor() if op == "FLOOR" else number.ceil(), Type.FLOAT, op)


def text(value: Value, op: str, numbers: Sequence[int] = ()) -> Value:
    """Return a string function of a string; `numbers` are its literal positions and lengths."""
    string = require(value, {Type.STRING}, op).expr.str
    match op:
        case "LENGTH":
            return Value(string.len_chars().cast(nw.Int64), Type.INTEGER, op)
        case "LOWER":
            result = string.to_lowercase()
        case "UPPER":
            result = string.to_uppercase()
        case "TRIM":
            result = string.strip_chars_start(" ").str.strip_chars_end(" ")
        case "LEFT":
            result = string.slice(0, numbers[0])
        case "RIGHT":
            # A tail of 0 would be the whole string.
            result = string.tail(numbers[0]) if numbers[0] else string.slice(0, 0)
        case _:
            result = string.slice(numbers[0] - 1, *numbers[1:])
    return Value(result, Type.STRING, op)


def part(value: Value, op: str, view: View) -> Value:
    """Return a part of a date or timestamp, by the wall clock of the table's time zone."""
    if op == "EPOCH":
        seconds = require(value, {Type.DURATION}, op).expr.dt.total_seconds()
        return Value(seconds.cast(nw.Int64), Type.INTEGER, op)
    needs = TIMES if op in {"YEAR", "MONTH", "DAY"} else TIMES - {Type.DATE}
    value = require(value, needs, op)
    clock = (local(value, view) if value.type is Type.INSTANT else value).expr.dt
    return Value(getattr(clock, op.lower())().cast(nw.Int64), Type.INTEGER, op)


def case(parts: Sequence[Value]) -> Value:
    """Return CASE from condition, result, condition, result, ..., else."""
    *branches, default = parts
    conditions = [require(value, {Type.BOOLEAN}, "WHEN").expr for value in branches[::2]]
    results = unify([*branches[1::2], default], "CASE")
    chosen = results[-1].expr
    for condition, result in zip(reversed(conditions), reversed(results[:-1]), strict=True):
        chosen = nw.when(condition).then(result.expr).otherwise(chosen)
    return Value(chosen, results[0].type, "CASE")


def coalesce(values: Sequence[Value]) -> Value:
    """Return the first of the values that is known."""
    values = unify(values, "COALESCE")
    return Value(nw.coalesce(*(value.expr for value in values)), values[0].type, "COALESCE")


def null_if(value: Value, unwanted: Value, view: View) -> Value:
    """Return NULLIF(value, unwanted)."""
    same = compare("=", value, unwanted, view).expr.fill_null(value=False)
    return Value(nw.when(~same).then(value.expr), value.type, "NULLIF")


def unify(values: Sequence[Value], op: str) -> list[Value]:
    """Return values of one type, integers as floats beside a float; raise ValueError otherwise."""
    kinds = {value.type for value in values} - {Type.NULL}
    if kinds == NUMBERS:
        return [_as_float(value) for value in values]
    if len(kinds) != 1:
        found = " and ".join(sorted(kinds)) or "nothing but null"
        raise ValueError(f"{op} mixes {found}; its results must have one type")
    kind = kinds.pop()
    return [typed(value, kind) for value in values]


def cast(value: Value, to: str, view: View) -> Value:
    """Return CAST(value AS to); a text that is no number is unknown, not an error."""
    if value.type is Type.NULL:
        return typed(value, _CAST_TYPES[to])
    converted = _CASTS[to](value, view)
    if converted is None:
        raise ValueError(f"{value.label} ({value.type}) cannot be cast to {to}")
    return Value(converted, _CAST_TYPES[to], f"CAST to {to}")


def _to_integer(value: Value, _: View) -> nw.Expr | None:
    if value.type is Type.FLOAT:
        size = nw.when(value.expr.abs() < _SAFE).then(value.expr.abs().floor()).cast(nw.Int64)
        return nw.when(value.expr < 0).then(-size).otherwise(size)
    if value.type is Type.STRING:
        return _matching(value, _WHOLE).cast(nw.Int64)
    return value.expr.cast(nw.Int64) if value.type in {Type.INTEGER, Type.BOOLEAN} else None


def _to_float(value: Value, _: View) -> nw.Expr | None:
    if value.type is Type.STRING:
        return _matching(value, _DECIMAL).cast(nw.Float64)
    return _float(value) if value.type in NUMBERS else None


def _to_string(value: Value, _: View) -> nw.Expr | None:
    plain = {Type.STRING, Type.INTEGER, Type.DATE}
    return value.expr.cast(nw.String) if value.type in plain else None


def _to_date(value: Value, view: View) -> nw.Expr | None:
    if value.type is Type.DATE:
        return value.expr
    return local(value, view).expr.dt.date() if value.type in TIMES else None


def _to_timestamp(value: Value, view: View) -> nw.Expr | None:
    return local(value, view).expr if value.type in TIMES else None


_CASTS = {
    "integer": _to_integer,
    "float": _to_float,
    "string": _to_string,
    "date": _to_date,
    "timestamp": _to_timestamp,
}
_CAST_TYPES = {
    "integer": Type.INTEGER,
    "float": Type.FLOAT,
    "string": Type.STRING,
    "date": Type.DATE,
    "timestamp": Type.DATETIME,
}


def _matching(value: Value, pattern: str) -> nw.Expr:
    # A cast of a text that is no number would fail the whole batch.
    return nw.when(value.expr.str.contains(pattern)).then(value.expr).str.strip_chars()


def _float(value: Value) -> nw.Expr:
    return value.expr.cast(nw.Float64)


def _as_float(value: Value) -> Value:
    return replace(value, expr=_float(value), type=Type.FLOAT, literal=False)


def _integer(value: Value) -> nw.Expr:
    return value.expr.cast(nw.Int64)
