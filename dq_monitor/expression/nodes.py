"""Translates the parser's tree into ours, node by node: what is not listed here is refused."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from sqlglot import exp

from dq_monitor.expression.tree import MAX_INTEGER, Call, Column, Constant, Node
from dq_monitor.registry import suggest

MAX_DEPTH = 32

_BINARY: dict[type[exp.Expr], str] = {
    exp.Add: "+",
    exp.Sub: "-",
    exp.Mul: "*",
    exp.Div: "/",
    exp.Mod: "%",
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.LT: "<",
    exp.LTE: "<=",
}
_FUNCTIONS: dict[type[exp.Expr], tuple[str, tuple[str, ...]]] = {
    exp.Abs: ("ABS", ("this",)),
    exp.Ceil: ("CEIL", ("this",)),
    exp.Coalesce: ("COALESCE", ("this", "expressions")),
    exp.Day: ("DAY", ("this",)),
    exp.Floor: ("FLOOR", ("this",)),
    exp.Hour: ("HOUR", ("this",)),
    exp.Left: ("LEFT", ("this", "expression")),
    exp.Length: ("LENGTH", ("this",)),
    exp.Lower: ("LOWER", ("this",)),
    exp.Minute: ("MINUTE", ("this",)),
    exp.Month: ("MONTH", ("this",)),
    exp.Nullif: ("NULLIF", ("this", "expression")),
    exp.Right: ("RIGHT", ("this", "expression")),
    exp.Round: ("ROUND", ("this", "decimals")),
    exp.Second: ("SECOND", ("this",)),
    exp.Substring: ("SUBSTRING", ("this", "start", "length")),
    exp.Trim: ("TRIM", ("this",)),
    exp.Upper: ("UPPER", ("this",)),
    exp.Year: ("YEAR", ("this",)),
}
FUNCTIONS = tuple(sorted({op for op, _ in _FUNCTIONS.values()} | {"CAST", "EXTRACT"}))
_PARTS = frozenset({"YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND", "EPOCH"})
# What the parser notes about its own dialect; it changes nothing here.
_SILENT = frozenset({"safe", "typed", "coalesce"})
_CASTS: dict[exp.DType, str] = {
    exp.DType.INT: "integer",
    exp.DType.BIGINT: "integer",
    exp.DType.DOUBLE: "float",
    exp.DType.FLOAT: "float",
    exp.DType.TEXT: "string",
    exp.DType.VARCHAR: "string",
    exp.DType.DATE: "date",
    exp.DType.TIMESTAMP: "timestamp",
    exp.DType.DATETIME: "timestamp",
}
# Engines count microseconds in 64 bits and wrap around in silence.
_MAX_INTERVAL = timedelta(days=100_000)
_UNITS = {
    "WEEK": timedelta(weeks=1),
    "DAY": timedelta(days=1),
    "HOUR": timedelta(hours=1),
    "MINUTE": timedelta(minutes=1),
    "SECOND": timedelta(seconds=1),
}


def translate(tree: exp.Expr, depth: int = 0) -> Node:
    """Return our tree for the parser's; raise ValueError naming what is not supported."""
    if depth > MAX_DEPTH:
        raise ValueError(f"the expression is nested more than {MAX_DEPTH} levels deep")
    kind = type(tree)
    if kind in _SPECIAL:
        return _SPECIAL[kind](tree, depth + 1)
    if kind in _BINARY:
        call = _call(tree, _BINARY[kind], ("this", "expression"), depth)
        return _compare(call) if isinstance(tree, exp.Predicate) else call
    if kind in _FUNCTIONS:
        op, names = _FUNCTIONS[kind]
        return _call(tree, op, names, depth)
    raise ValueError(_refusal(tree))


def _call(tree: exp.Expr, op: str, names: tuple[str, ...], depth: int) -> Call:
    _only(tree, *names)
    found = [part for name in names for part in listed(tree.args.get(name))]
    args = tuple(translate(part, depth + 1) for part in found)
    if len(args) < _LEAST.get(op, 1):
        raise ValueError(f"{op} takes at least {_LEAST[op]} arguments")
    if op in _COUNTS and not all(_is_count(arg, _COUNTS[op]) for arg in args[1:]):
        raise ValueError(f"{op} takes whole numbers from 0 to {_COUNTS[op]:,}, written out")
    if op == "SUBSTRING" and args[1] == Constant(0):
        raise ValueError("SUBSTRING counts from 1")
    return Call(op, args)


# The parser takes less; the others have one argument, or it asks for them itself.
_LEAST = {"LEFT": 2, "NULLIF": 2, "RIGHT": 2, "SUBSTRING": 2}
_COUNTS = {"LEFT": 1_000_000, "RIGHT": 1_000_000, "ROUND": 15, "SUBSTRING": 1_000_000}


def _is_count(node: Node, most: int) -> bool:
    return isinstance(node, Constant) and type(node.value) is int and 0 <= node.value <= most


def _compare(call: Call) -> Call:
    if Constant(None) in call.args:
        raise ValueError(f"{call.op} NULL is never true: use IS NULL")
    return call


def listed(value: Any) -> list[exp.Expr]:
    """Return what the parser keeps under a name: nothing, one node or several."""
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


def _only(tree: exp.Expr, *names: str) -> None:
    """Refuse a node that says more than we read of it: nothing may be ignored in silence."""
    extra = {name for name, value in tree.args.items() if value} - {*names, *_SILENT}
    if extra:
        raise ValueError(f"{word(tree)} with {', '.join(sorted(extra)).lower()} is not supported")


def word(tree: exp.Expr) -> str:
    """Return what a node is called in SQL."""
    if isinstance(tree, exp.Anonymous):
        return str(tree.this).upper()
    return tree.sql_name() if isinstance(tree, exp.Func) else tree.key.upper()


def _refusal(tree: exp.Expr) -> str:
    if isinstance(tree, exp.Query | exp.Exists):
        return "sub-queries are not supported"
    if isinstance(tree, exp.AggFunc | exp.Window):
        return f"aggregates are not supported here: {word(tree)} asks the table, not a row"
    if isinstance(tree, exp.Func):
        return f"function {word(tree)} is not supported; {suggest(word(tree), FUNCTIONS)}"
    return f"{word(tree)} is not supported in an expression"


def _column(tree: exp.Expr, _: int) -> Column:
    _only(tree, "this")
    if isinstance(tree.this, exp.Star):
        raise ValueError("* is not supported in an expression: name the columns")  # noqa: TRY004 - pydantic reads ValueError
    return Column(str(tree.this.this))


def _literal(tree: exp.Expr, _: int) -> Constant:
    text = str(tree.this)
    return Constant(text if tree.is_string else _number(text))


def _number(text: str) -> int | float:
    value = int(text) if text.isdecimal() and text.isascii() else float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is not a finite number")
    if isinstance(value, int) and value > MAX_INTEGER:
        raise ValueError(f"{text} does not fit 64 bits")
    return value


def _negative(tree: exp.Expr, depth: int) -> Node:
    inner = translate(tree.this, depth)
    amount = inner.value if isinstance(inner, Constant) else None
    if isinstance(amount, int | float) and not isinstance(amount, bool):
        return Constant(-amount)
    return Call("negate", (inner,))


def _chain(tree: exp.Expr, depth: int) -> Call:
    """Flatten `a AND b AND c`, which the parser nests to the left once for each term."""
    kind = type(tree)
    terms: list[exp.Expr] = []
    while type(tree) is kind:
        terms.append(tree.expression)
        tree = tree.this
    terms.append(tree)
    return Call(kind.__name__.upper(), tuple(translate(term, depth) for term in reversed(terms)))


def _is(tree: exp.Expr, depth: int) -> Node:
    _only(tree, "this", "expression")
    subject, other = translate(tree.this, depth), translate(tree.expression, depth)
    if other == Constant(None):
        return Call("IS NULL", (subject,))
    if isinstance(other, Constant) and isinstance(other.value, bool):
        return Call("IS TRUE" if other.value else "IS FALSE", (subject,))
    raise ValueError("IS must be followed by NULL, TRUE or FALSE")


def _in(tree: exp.Expr, depth: int) -> Call:
    if tree.args.get("query"):
        raise ValueError("sub-queries are not supported")
    _only(tree, "this", "expressions")
    members = tuple(translate(member, depth) for member in tree.expressions)
    if not all(isinstance(member, Constant) for member in members):
        raise ValueError("IN takes a list of literals")
    if Constant(None) in members:
        raise ValueError("NULL in a list never matches: use IS NULL")
    return Call("IN", (translate(tree.this, depth), *members))


def _between(tree: exp.Expr, depth: int) -> Call:
    _only(tree, "this", "low", "high")
    subject, low, high = (translate(tree.args[name], depth) for name in ("this", "low", "high"))
    return Call("AND", (Call(">=", (subject, low)), Call("<=", (subject, high))))


def _like(tree: exp.Expr, depth: int) -> Call:
    _only(tree, "this", "expression", "negate")
    pattern = translate(tree.expression, depth)
    if not (isinstance(pattern, Constant) and isinstance(pattern.value, str)):
        raise ValueError("LIKE takes a pattern in single quotes")  # noqa: TRY004 - pydantic reads ValueError
    call = Call(type(tree).__name__.upper(), (translate(tree.this, depth), pattern))
    return Call("NOT", (call,)) if tree.args.get("negate") else call


def _case(tree: exp.Expr, depth: int) -> Call:
    """Return CASE as condition, result, condition, result, ..., else."""
    _only(tree, "this", "ifs", "default")
    subject = translate(tree.this, depth) if tree.this else None
    parts: list[Node] = []
    for branch in tree.args["ifs"]:
        condition = translate(branch.this, depth)
        parts.append(_compare(Call("=", (subject, condition))) if subject else condition)
        parts.append(translate(branch.args["true"], depth))
    default = tree.args.get("default")
    return Call("CASE", (*parts, translate(default, depth) if default else Constant(None)))


def _extract(tree: exp.Expr, depth: int) -> Call:
    _only(tree, "this", "expression")
    part = str(tree.this.this).upper()
    if part not in _PARTS:
        raise ValueError(f"EXTRACT of {part} is not supported; {suggest(part, _PARTS)}")
    return Call(part, (translate(tree.expression, depth),))


def _cast(tree: exp.Expr, depth: int) -> Node:
    _only(tree, "this", "to", "_type")
    to = tree.args["to"]
    kind = to.this
    if isinstance(tree.this, exp.Literal) and tree.this.is_string and kind in _TIME_LITERALS:
        return Constant(_time(str(tree.this.this), kind))
    if kind not in _CASTS or to.expressions:
        allowed = ", ".join(sorted(set(_CASTS.values())))
        raise ValueError(f"CAST to {kind.name.lower()} is not supported; known are {allowed}")
    return Call("CAST", (translate(tree.this, depth), Constant(_CASTS[kind])))


_TIME_LITERALS = {
    exp.DType.DATE,
    exp.DType.TIMESTAMP,
    exp.DType.DATETIME,
    exp.DType.TIMESTAMPTZ,
}


def _time(text: str, kind: exp.DType) -> date | datetime:
    what = date if kind is exp.DType.DATE else datetime
    try:
        return what.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is not an ISO {what.__name__}") from error


def _interval(tree: exp.Expr, _: int) -> Constant:
    _only(tree, "this", "unit")
    var = tree.args.get("unit")
    unit = str(var.this).upper().removesuffix("S") if isinstance(var, exp.Var) else ""
    if unit not in _UNITS or not isinstance(tree.this, exp.Literal):
        known = ", ".join(name.lower() for name in _UNITS)
        raise ValueError(f"write an interval as INTERVAL '2 days'; its units are {known}")
    try:
        length = _number(str(tree.this.this)) * _UNITS[unit]
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{tree.this.this!r} is not an amount of {unit.lower()}s") from error
    if abs(length) > _MAX_INTERVAL:
        raise ValueError(f"an interval of more than {_MAX_INTERVAL.days:,} days is not supported")
    return Constant(length)


_SPECIAL: dict[type[exp.Expr], Callable[[exp.Expr, int], Node]] = {
    exp.And: _chain,
    exp.Or: _chain,
    exp.Between: _between,
    exp.Boolean: lambda tree, _: Constant(bool(tree.this)),
    exp.Case: _case,
    exp.Cast: _cast,
    exp.Column: _column,
    exp.Extract: _extract,
    exp.ILike: _like,
    exp.In: _in,
    exp.Interval: _interval,
    exp.Is: _is,
    exp.Like: _like,
    exp.Literal: _literal,
    exp.Neg: _negative,
    exp.Not: lambda tree, depth: Call("NOT", (translate(tree.this, depth),)),
    exp.Null: lambda _, __: Constant(None),
    exp.Paren: lambda tree, depth: translate(tree.this, depth),
}
