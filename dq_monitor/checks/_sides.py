"""Two tables under each other: the same columns of both, and which side a row comes from.

Held against each other by group, never by join: nulls are equal, and repeated keys show.
"""

from __future__ import annotations

from collections.abc import Sequence

import narwhals.stable.v2 as nw

from dq_monitor.checks._elsewhere import Rows, view_of
from dq_monitor.expression.types import COMPARABLE, NUMBERS, Type, Value, articled, column, typed
from dq_monitor.model.view import View

HERE, THERE = "here", "there"


def both(
    rows: Rows, others: Rows, pairs: Sequence[tuple[str, str]], view: View, asked_by: str
) -> tuple[Rows, list[Type]]:
    """Return the rows of both tables, and the types of the columns.

    Each of `pairs` names a column here and its counterpart; they become `c0`, `c1`, ... . `here`
    and `there` are 1 for rows of that side and 0 for the other's. Raises ValueError for a column
    that is missing or that cannot be compared with its counterpart.
    """
    there = view_of(others, view)
    found = [
        _alike(
            column(view, one, COMPARABLE | {Type.NULL}, asked_by=asked_by),
            column(there, other, COMPARABLE | {Type.NULL}, asked_by=asked_by),
        )
        for one, other in pairs
    ]
    upper = [one.expr.alias(f"c{number}") for number, (one, _) in enumerate(found)]
    lower = [other.expr.alias(f"c{number}") for number, (_, other) in enumerate(found)]
    sides = [
        rows.select(*upper).with_columns(*_side(here=1)),
        others.select(*lower).with_columns(*_side(here=0)),
    ]
    return nw.concat(sides), [one.type for one, _ in found]


def _side(*, here: int) -> list[nw.Expr]:
    counts = {HERE: here, THERE: 1 - here}
    return [nw.lit(count).cast(nw.Int64).alias(side) for side, count in counts.items()]


def _alike(one: Value, other: Value) -> tuple[Value, Value]:
    """Return both values as one type, so that equal ones are equal on every engine."""
    one, other = typed(one, other.type), typed(other, one.type)
    if Type.NULL in {one.type, other.type}:  # nothing but nulls on both sides
        return typed(one, Type.STRING), typed(other, Type.STRING)
    kinds = {one.type, other.type}
    if len(kinds) > 1 and not kinds <= NUMBERS:
        raise ValueError(
            f"{one.label} is {articled(one.type)} here"
            f" and {other.label} {articled(other.type)} there: "
            "they cannot be compared"
        )
    kind = Type.FLOAT if Type.FLOAT in kinds else one.type
    return _cast(one, kind), _cast(other, kind)


def _cast(value: Value, kind: Type) -> Value:
    engine_type = _WIDE.get(kind)
    if engine_type is None:
        return value
    return Value(value.expr.cast(engine_type), kind, value.label)


# The widths that engines refuse to put under each other, or to group together.
_WIDE: dict[Type, nw.dtypes.DType] = {
    Type.INTEGER: nw.Int64(),
    Type.FLOAT: nw.Float64(),
    Type.DATETIME: nw.Datetime("us"),
    Type.INSTANT: nw.Datetime("us", "UTC"),
}
