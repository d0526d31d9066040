"""Keeps the values that do not fit their columns, as JSON text in a column of their own."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl
from pydantic_core import from_json

from dq_monitor.evolution import RESCUED
from dq_monitor.model.types import parts_of

_NUMBERS = (pl.Float32, pl.Float64)


def rescue(frame: pl.LazyFrame, goals: Mapping[str, pl.DataType | None]) -> pl.LazyFrame:
    """Return the frame with each column of `goals` in its type, and `_rescued` for what is not.

    A value stays where its type is another kind of number that holds just this value (2.0 in an
    integer column; not 1.9, and not the text "7"). Every other one becomes null there and is
    written as JSON under the column's name. A goal of None is that of a column which goes as a
    whole. A row that lost nothing has null in `_rescued`.
    """
    schema = frame.collect_schema()
    lost = [_lost(name, schema[name], goal) for name, goal in goals.items()]
    typed = [
        _typed(name, schema[name], goal).alias(name)
        for name, goal in goals.items()
        if goal is not None
    ]
    frame = frame.with_columns(_told(lost, schema.get(RESCUED)), *typed)
    return frame.drop([name for name, goal in goals.items() if goal is None])


def _typed(name: str, came: pl.DataType, goal: pl.DataType) -> pl.Expr:
    if not _comparable(came, goal):
        return pl.lit(None, goal)
    return pl.when(_fits(name, came, goal)).then(pl.col(name).cast(goal, strict=False))


def _lost(name: str, came: pl.DataType, goal: pl.DataType | None) -> pl.Expr:
    """Return `"name": value` where the value does not fit, and null where it does."""
    is_lost = pl.col(name).is_not_null()
    if goal is not None and _comparable(came, goal):
        is_lost &= ~_fits(name, came, goal)
    return pl.when(is_lost).then(_json(name, came))


def _fits(name: str, came: pl.DataType, goal: pl.DataType) -> pl.Expr:
    """Say whether a value is the same after it went there and back."""
    column = pl.col(name)
    return (column.cast(goal, strict=False).cast(came, strict=False) == column).fill_null(
        value=False
    )


def _comparable(came: pl.DataType, goal: pl.DataType) -> bool:
    """Say whether a value may be the same in both types: numbers, or times of one kind.

    A decimal is no fraction in binary, so those two never are.
    """
    if isinstance(came, pl.Datetime) and isinstance(goal, pl.Datetime):
        return (came.time_zone is None) == (goal.time_zone is None)
    kinds = {came.is_float(), goal.is_float()}, {came.is_decimal(), goal.is_decimal()}
    mixed = kinds == ({True, False}, {True, False})
    return came.is_numeric() and goal.is_numeric() and not mixed


def _json(name: str, came: pl.DataType) -> pl.Expr:
    plain = _member(name, pl.col(name).cast(_written(came)) if parts_of(came) else pl.col(name))
    if isinstance(came, _NUMBERS):
        # JSON has no word for these: as null they would be lost.
        text = _member(name, pl.col(name).cast(pl.String))
        return pl.when(pl.col(name).is_finite()).then(plain).otherwise(text)
    if isinstance(came, pl.Binary):
        return _member(name, pl.col(name).bin.encode("hex"))
    return plain


def _member(name: str, value: pl.Expr) -> pl.Expr:
    whole = pl.struct(value.alias(name)).struct.json_encode()
    return whole.str.strip_prefix("{").str.strip_suffix("}")


def _written(dtype: pl.DataType) -> pl.DataType:
    """Return a nested type with its fractions as text, for those that JSON has no word for."""
    if isinstance(dtype, _NUMBERS):
        return pl.String()
    if isinstance(dtype, pl.Struct):
        return pl.Struct(
            {f.name: _written(p) for f, p in zip(dtype.fields, parts_of(dtype), strict=True)}
        )
    if isinstance(dtype, pl.Array):
        return pl.Array(_written(parts_of(dtype)[0]), dtype.shape[0])
    return pl.List(_written(parts_of(dtype)[0])) if isinstance(dtype, pl.List) else dtype


def _are_objects(texts: pl.Series) -> pl.Series:
    return pl.Series([_is_object(text) for text in texts], dtype=pl.Boolean)


def _is_object(text: str | None) -> bool:
    """Say whether a text is a JSON object that has members."""
    try:
        found = from_json(text or "", allow_inf_nan=False)
    except ValueError:
        return False
    return isinstance(found, dict) and bool(found) and str(text).startswith("{")


def _told(lost: list[pl.Expr], came: pl.DataType | None) -> pl.Expr:
    """Return the object of all lost values of a row; what was rescued before stays in it.

    `came` is the type of the column for it, where the batch has one: what in it is no such object
    is lost like any other value.
    """
    before = [] if came is None else [_before(came)]
    members = pl.concat_str(*before, *lost, separator=",", ignore_nulls=True)
    told = pl.concat_str(pl.lit("{"), members, pl.lit("}"))
    return pl.when(members.str.len_bytes() > 0).then(told).alias(RESCUED)


def _before(came: pl.DataType) -> pl.Expr:
    column, member = pl.col(RESCUED), _json(RESCUED, came)
    if came == pl.String:
        is_ours = column.map_batches(_are_objects, return_dtype=pl.Boolean, is_elementwise=True)
        ours = column.str.strip_prefix("{").str.strip_suffix("}")
        member = pl.when(is_ours).then(ours).otherwise(member)
    return pl.when(column.is_not_null()).then(member)
