"""The names a contract gives to column types, in Polars' words, and families of types for rules."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import polars as pl

from dq_monitor.model.type_names import LIST, STRUCT, TypeName, read_type
from dq_monitor.registry import suggest

NAMED: Mapping[str, pl.DataType] = {
    "string": pl.String(),
    "boolean": pl.Boolean(),
    "int8": pl.Int8(),
    "int16": pl.Int16(),
    "int32": pl.Int32(),
    "int64": pl.Int64(),
    "float32": pl.Float32(),
    "float64": pl.Float64(),
    "date": pl.Date(),
    "datetime": pl.Datetime("us", "UTC"),
    "datetime_naive": pl.Datetime("us"),
    "binary": pl.Binary(),
}
# What Delta Lake cannot hold, but a frame or another database can.
ELSEWHERE: Mapping[str, pl.DataType] = {
    "uint8": pl.UInt8(),
    "uint16": pl.UInt16(),
    "uint32": pl.UInt32(),
    "uint64": pl.UInt64(),
    "int128": pl.Int128(),
    "time_of_day": pl.Time(),
    "duration": pl.Duration("us"),
    "null": pl.Null(),
}
FAMILIES: Mapping[str, Callable[[pl.DataType], bool]] = {
    "any": lambda _: True,
    "integer": lambda dtype: dtype.is_integer(),
    "float": lambda dtype: dtype.is_float(),
    "decimal": lambda dtype: dtype.is_decimal(),
    "number": lambda dtype: dtype.is_numeric(),
    "text": lambda dtype: isinstance(dtype, pl.String),
    "timestamp": lambda dtype: isinstance(dtype, pl.Datetime),
    "time": lambda dtype: isinstance(dtype, pl.Date | pl.Datetime | pl.Time),
    "list": lambda dtype: isinstance(dtype, pl.List),
    "struct": lambda dtype: isinstance(dtype, pl.Struct),
    "nested": lambda dtype: isinstance(dtype, pl.List | pl.Struct),
}
DECIMAL = re.compile(r"decimal ?\((\d{1,2}), ?(\d{1,2})\)")
MAX_PRECISION = 38
_EXAMPLES = ("decimal(12, 2)", "list[int64]", "struct{x: int64}")


def column_type(name: str) -> pl.DataType:
    """Return the type called `name`; raise ValueError with the nearest known name.

    Known are the names in `NAMED`, `decimal(12, 2)`, `list[int64]` and `struct{x: int64}`.
    `datetime` is in UTC, as everything is stored; `datetime_naive` has no zone and is read in the
    table's own.
    """
    return _typed(read_type(name), stored_type)


def stored_type(name: str) -> pl.DataType:
    """Return the type of this plain name that Delta Lake can hold; raise ValueError if none is."""
    if name in NAMED:
        return NAMED[name]
    if found := DECIMAL.fullmatch(name):
        precision, scale = int(found[1]), int(found[2])
        if not scale <= precision <= MAX_PRECISION or not precision:
            raise ValueError(f"{name} is not a decimal of at most {MAX_PRECISION} digits")
        return pl.Decimal(precision, scale)
    raise ValueError(f"unknown type {name!r}: {suggest(name, [*NAMED, *_EXAMPLES])}")


def require_type(name: str) -> None:
    """Raise ValueError, with the nearest known name, unless `is_a` knows what `name` asks."""
    for leaf in _leaves(read_type(name)):
        if leaf not in FAMILIES and leaf not in ELSEWHERE and not DECIMAL.fullmatch(leaf):
            known = [*NAMED, *ELSEWHERE, *FAMILIES, *_EXAMPLES]
            if leaf not in NAMED:
                raise ValueError(f"unknown type {leaf!r}: {suggest(leaf, known)}")


def is_a(dtype: pl.DataType, name: str) -> bool:
    """Say whether a type is the one called `name`, or of that family; within lists and structs too.

    The unit and the zone of timestamps are no matter, and a category is a string: engines differ in
    these. A column of nothing but nulls is of any type.
    """
    return _fits(common(dtype), read_type(name))


def common(dtype: pl.DataType) -> pl.DataType:
    """Return a type without what is a matter of the engine that holds it."""
    if isinstance(dtype, pl.Datetime):
        return pl.Datetime("us", "UTC" if dtype.time_zone else None)
    if isinstance(dtype, pl.Duration):
        return pl.Duration("us")
    if isinstance(dtype, pl.Categorical | pl.Enum):
        return pl.String()
    if isinstance(dtype, pl.List | pl.Array):
        return pl.List(common(_whole(dtype.inner)))
    if isinstance(dtype, pl.Struct):
        return pl.Struct({field.name: common(_whole(field.dtype)) for field in dtype.fields})
    return dtype


def type_name(dtype: pl.DataType) -> str:
    """Return how a contract would call `dtype`; Polars' own name where it has none."""
    return str(_named(dtype))


def parts_of(dtype: pl.DataType) -> list[pl.DataType]:
    """Return the types that a list or a struct is made of; none of a plain one."""
    if isinstance(dtype, pl.List | pl.Array):
        return [_whole(dtype.inner)]
    return [_whole(f.dtype) for f in dtype.fields] if isinstance(dtype, pl.Struct) else []


def _named(dtype: pl.DataType) -> TypeName:
    if isinstance(dtype, pl.Decimal):
        return TypeName(f"decimal({dtype.precision}, {dtype.scale})")
    if isinstance(dtype, pl.List):
        return TypeName(LIST, (("", _named(_whole(dtype.inner))),))
    if isinstance(dtype, pl.Struct) and dtype.fields:
        parts = ((field.name, _named(_whole(field.dtype))) for field in dtype.fields)
        return TypeName(STRUCT, tuple(parts))
    known = {**NAMED, **ELSEWHERE}
    return TypeName(next((name for name, one in known.items() if one == dtype), str(dtype)))


def _typed(written: TypeName, leaf: Callable[[str], pl.DataType]) -> pl.DataType:
    if not written.parts:
        return leaf(written.name)
    parts = {name: _typed(part, leaf) for name, part in written.parts}
    return pl.List(parts[""]) if written.name == LIST else pl.Struct(parts)


def _fits(dtype: pl.DataType, written: TypeName) -> bool:
    if isinstance(dtype, pl.Null | pl.Unknown):
        return True
    if written.name == LIST and written.parts:
        return isinstance(dtype, pl.List) and _fits(_whole(dtype.inner), written.parts[0][1])
    if written.name == STRUCT and written.parts:
        fields = dtype.fields if isinstance(dtype, pl.Struct) else []
        return [field.name for field in fields] == [name for name, _ in written.parts] and all(
            _fits(_whole(field.dtype), part)
            for field, (_, part) in zip(fields, written.parts, strict=True)
        )
    if written.name in FAMILIES:
        return FAMILIES[written.name](dtype)
    return dtype == (ELSEWHERE.get(written.name) or stored_type(written.name))


def _leaves(written: TypeName) -> list[str]:
    if not written.parts:
        return [written.name]
    return [leaf for _, part in written.parts for leaf in _leaves(part)]


def _whole(dtype: object) -> pl.DataType:
    """Return an inner type as an instance: Polars lets a class stand for the type."""
    return dtype() if isinstance(dtype, type) else dtype  # type: ignore[return-value]  # one of the two
