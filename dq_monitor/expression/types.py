"""What an expression's values are: the few types that rules tell apart, and columns as such values.

The checks use the same guard, so a missing column or a wrong type reads the same everywhere.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Any

import narwhals.stable.v2 as nw

from dq_monitor.model.view import View
from dq_monitor.registry import suggest


class Type(StrEnum):
    """The types that rules tell apart; the value is its name in messages."""

    NULL = "null"
    BOOLEAN = "boolean"
    INTEGER = "integer"
    FLOAT = "number"
    STRING = "string"
    DATE = "date"
    DATETIME = "timestamp without time zone"
    INSTANT = "timestamp with time zone"
    DURATION = "duration"
    OTHER = "nested or binary value"


NUMBERS = frozenset({Type.INTEGER, Type.FLOAT})
TIMES = frozenset({Type.DATE, Type.DATETIME, Type.INSTANT})
COMPARABLE = frozenset(Type) - {Type.OTHER}


@dataclass(frozen=True, slots=True)
class Value:
    """An engine expression with its type. `label` names it in messages.

    `constant` holds the Python value where `literal` is set, so that a date can be written as text
    and a pattern can be checked before it reaches an engine. `shadow` is set while a
    formula is being built: the same in floats, which tell what overflowed and what is no number.
    `clock` is set for a column of instants that the engine itself shows on the table's own clocks.
    """

    expr: nw.Expr
    type: Type
    label: str
    literal: bool = False
    constant: Any = None
    shadow: nw.Expr | None = None
    clock: nw.Expr | None = None


def type_of(dtype: nw.dtypes.DType) -> Type:
    """Return the rule type of a column type."""
    if isinstance(dtype, nw.Datetime):
        return Type.INSTANT if dtype.time_zone else Type.DATETIME
    if dtype.is_integer():
        return Type.INTEGER
    if dtype.is_numeric():
        return Type.FLOAT
    return next((kind for known, kind in _SIMPLE if isinstance(dtype, known)), Type.OTHER)


_SIMPLE: tuple[tuple[type[nw.dtypes.DType], Type], ...] = (
    (nw.Boolean, Type.BOOLEAN),
    (nw.String, Type.STRING),
    (nw.Categorical, Type.STRING),
    (nw.Enum, Type.STRING),
    (nw.Date, Type.DATE),
    (nw.Duration, Type.DURATION),
    (nw.Unknown, Type.NULL),
)


def column(
    view: View, name: str, needs: Set[Type] | None = None, *, asked_by: str = "the rule"
) -> Value:
    """Return column `name` as a value of one of the types that it `needs` to have.

    NaN is null, decimals are floats, categories are strings, timestamps with a zone are UTC. Raises
    ValueError naming the column, its type and what is needed, or the nearest column there is. An
    all-null column without a type is let through: every answer on it is unknown.
    """
    dtype = view.schema[present(view, name)]
    clock = nw.col(view.clocks[name]) if name in view.clocks else None
    expr = _normal(view.col(name), dtype)
    value = Value(expr, type_of(dtype), f"column {name!r}", clock=clock)
    return value if needs is None else require(value, needs, asked_by)


def require(value: Value, needs: Set[Type], asked_by: str) -> Value:
    """Return a value of one of the types it `needs` to have; raise ValueError naming both."""
    if value.type is Type.NULL:
        kind = next((kind for kinds, kind in _STAND_INS if needs <= kinds), Type.NULL)
        return typed(value, min(needs) if len(needs) == 1 else kind)
    if value.type not in needs:
        wanted = " or ".join(sorted(needs))
        raise ValueError(
            f"{value.label} is {articled(value.type)}, {asked_by} needs {articled(wanted)}"
        )
    return value


def articled(kind: str) -> str:
    """Return the name of a type as a sentence has it: `an integer`, `a string`."""
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"


def typed(value: Value, kind: Type) -> Value:
    """Return a value without a type (nothing but nulls) as one of `kind`; others as they are."""
    if value.type is not Type.NULL or kind not in _ENGINE_TYPES:
        return value
    return replace(value, expr=value.expr.cast(_ENGINE_TYPES[kind]), type=kind)


def constant(value: Any) -> Value:
    """Return a literal as a value; a timestamp with a zone becomes UTC."""
    if isinstance(value, datetime) and value.tzinfo:
        value = in_zone(value, UTC)
        kind = Type.INSTANT
    else:
        kind = _CONSTANTS[type(value)]
    return Value(nw.lit(value), kind, f"{kind} {_shown(value)}", literal=True, constant=value)


def _shown(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else repr(value)


def in_zone(moment: datetime, zone: tzinfo) -> datetime:
    """Return the same moment in another zone; raise ValueError where the calendar ends."""
    try:
        return moment.astimezone(zone)
    except OverflowError as error:
        raise ValueError(f"{moment} is too near to the end of the calendar") from error


# What nothing but nulls is taken for where several types would do.
_STAND_INS = ((NUMBERS, Type.FLOAT), (TIMES, Type.DATETIME))
_CONSTANTS: dict[type, Type] = {
    bool: Type.BOOLEAN,
    int: Type.INTEGER,
    float: Type.FLOAT,
    str: Type.STRING,
    date: Type.DATE,
    datetime: Type.DATETIME,
    timedelta: Type.DURATION,
    type(None): Type.NULL,
}
_ENGINE_TYPES: dict[Type, nw.dtypes.DType] = {
    Type.BOOLEAN: nw.Boolean(),
    Type.INTEGER: nw.Int64(),
    Type.FLOAT: nw.Float64(),
    Type.STRING: nw.String(),
    Type.DATE: nw.Date(),
    Type.DATETIME: nw.Datetime("us"),
    Type.INSTANT: nw.Datetime("us", "UTC"),
    Type.DURATION: nw.Duration("us"),
}


def present(view: View, name: str) -> str:
    """Return `name` if the table has such a column and an engine would read it as just that."""
    if name not in view.schema:
        raise ValueError(f"no column {name!r}; {suggest(name, view.schema)}")
    if is_pattern(name):
        raise ValueError(f"column {name!r} cannot be read: Polars takes the name for a pattern")
    return name


def is_pattern(name: str) -> bool:
    """Say whether Polars would read a column name as a pattern over all names."""
    return name == "*" or (name.startswith("^") and name.endswith("$"))


def _normal(expr: nw.Expr, dtype: nw.dtypes.DType) -> nw.Expr:
    if dtype.is_decimal():
        return expr.cast(nw.Float64)
    if isinstance(dtype, nw.Categorical | nw.Enum):
        return expr.cast(nw.String)
    # engines with SQL know instants in UTC only, and cannot convert them
    if isinstance(dtype, nw.Datetime) and dtype.time_zone not in {None, "UTC"}:
        return expr.dt.convert_time_zone("UTC")
    return expr
