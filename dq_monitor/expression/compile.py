"""Turns the tree of an expression into engine expressions, checking types on the way.

Every operation answers null for unknown and never NaN. AND and OR of any length are one flat call,
because Polars' optimiser is about cubic in a chain of them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import narwhals.stable.v2 as nw

from dq_monitor.expression import functions
from dq_monitor.expression.comparison import compare, is_in, like
from dq_monitor.expression.tree import FORMULA, Call, Column, Constant, Node
from dq_monitor.expression.types import Type, Value, column, constant, require
from dq_monitor.model.view import View

Operation = Callable[[list[Value], View], Value]


def compile_node(node: Node, view: View) -> Value:
    """Return the engine expression of a tree; raise ValueError where types do not fit."""
    return functions.settled(_compile(node, view))


def _compile(node: Node, view: View) -> Value:
    match node:
        case Column(name):
            return column(view, name)
        case Constant(value):
            return constant(value)
        case Call(op, args):
            inner = _compile if op in FORMULA else compile_node
            return _OPERATIONS[op]([inner(arg, view) for arg in args], view)


def _boolean(value: Value, op: str) -> nw.Expr:
    return require(value, {Type.BOOLEAN}, op).expr


def _logic(op: str, args: list[Value], _: View) -> Value:
    combine = nw.all_horizontal if op == "AND" else nw.any_horizontal
    terms = [_boolean(arg, op) for arg in args]
    return Value(combine(*terms, ignore_nulls=False), Type.BOOLEAN, op)


def _negation(args: list[Value], _: View) -> Value:
    return Value(~_boolean(args[0], "NOT"), Type.BOOLEAN, "NOT")


def _is_null(args: list[Value], _: View) -> Value:
    return Value(args[0].expr.is_null(), Type.BOOLEAN, "IS NULL")


def _is_truth(truth: bool, args: list[Value], _: View) -> Value:  # noqa: FBT001 - bound by partial
    asked = _boolean(args[0], "IS")
    return Value((asked if truth else ~asked).fill_null(value=False), Type.BOOLEAN, "IS")


def _compare(op: str, args: list[Value], view: View) -> Value:
    return compare(op, args[0], args[1], view)


def _arithmetic(op: str, args: list[Value], view: View) -> Value:
    return functions.arithmetic(op, args[0], args[1], view)


def _text(op: str, args: list[Value], _: View) -> Value:
    return functions.text(args[0], op, [arg.constant for arg in args[1:]])


def _part(op: str, args: list[Value], view: View) -> Value:
    return functions.part(args[0], op, view)


def _whole(op: str, args: list[Value], _: View) -> Value:
    return functions.whole(args[0], op)


def _rounded(args: list[Value], _: View) -> Value:
    return functions.rounded(args[0], args[1].constant if len(args) > 1 else 0)


def _negative(args: list[Value], view: View) -> Value:
    return functions.arithmetic("-", constant(0), args[0], view)


_OPERATIONS: dict[str, Operation] = {
    **{op: partial(_logic, op) for op in ("AND", "OR")},
    **{op: partial(_compare, op) for op in ("=", "<>", "<", "<=", ">", ">=")},
    **{op: partial(_arithmetic, op) for op in "+-*/%"},
    **{op: partial(_text, op) for op in ("LENGTH", "LOWER", "UPPER", "TRIM")},
    **{op: partial(_text, op) for op in ("LEFT", "RIGHT", "SUBSTRING")},
    **{op: partial(_part, op) for op in ("YEAR", "MONTH", "DAY", "HOUR", "MINUTE")},
    **{op: partial(_part, op) for op in ("SECOND", "EPOCH")},
    **{op: partial(_whole, op) for op in ("FLOOR", "CEIL")},
    "NOT": _negation,
    "IS NULL": _is_null,
    "IS TRUE": partial(_is_truth, True),  # noqa: FBT003 - the value itself
    "IS FALSE": partial(_is_truth, False),  # noqa: FBT003 - the same
    "IN": lambda args, view: is_in(args[0], args[1:], view),
    "LIKE": lambda args, _: like(args[0], args[1].constant),
    "ILIKE": lambda args, _: like(args[0], args[1].constant, ignore_case=True),
    "CASE": lambda args, _: functions.case(args),
    "COALESCE": lambda args, _: functions.coalesce(args),
    "NULLIF": lambda args, view: functions.null_if(args[0], args[1], view),
    "ABS": lambda args, _: functions.absolute(args[0]),
    "ROUND": _rounded,
    "CAST": lambda args, view: functions.cast(args[0], args[1].constant, view),
    "negate": _negative,
}
