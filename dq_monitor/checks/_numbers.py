"""Columns of numbers as aggregates take them: in floats, because sums of integers wrap around."""

from __future__ import annotations

import math
from typing import Any

import narwhals.stable.v2 as nw

from dq_monitor.expression.types import NUMBERS, TIMES, Type, articled, column, require
from dq_monitor.model.view import View


def number(view: View, name: str, asked_by: str) -> nw.Expr:
    """Return a column of numbers as floats, NaN as null; raise ValueError for any other."""
    return _number(view, name, asked_by).cast(nw.Float64)


def extreme(view: View, name: str, asked_by: str) -> nw.Expr:
    """Return a column of numbers as it is; raise ValueError, for times with what to ask instead."""
    return _number(view, name, asked_by)


def _number(view: View, name: str, asked_by: str) -> nw.Expr:
    value = column(view, name)
    if value.type in TIMES:
        raise ValueError(
            f"{value.label} is {articled(value.type)}, {asked_by} measures numbers: "
            "hold times against in_range, and the newest one against freshness"
        )
    value = require(value, NUMBERS, asked_by)
    return value.expr.cast(nw.Float64) if value.type is Type.NULL else value.expr


def real(value: Any) -> float | None:
    """Return what an engine measured as a float: None for no value; decimals are numbers too.

    NaN stands for no value where an engine has no other word for it, as in the deviation of one
    value; where it means that infinities cancelled, ask `settled`.
    """
    if value is None:
        return None
    result = float(value)
    return None if math.isnan(result) else result


def settled(value: Any, name: str, asked_by: str) -> float:
    """Return what an engine measured of values that are there; raise ValueError for NaN.

    Of numbers only infinities make NaN: there is no sum of both, nor a point between them.
    """
    result = float(value)
    if math.isnan(result):
        raise ValueError(f"column {name!r} holds infinities: it has no {asked_by}")
    return result
