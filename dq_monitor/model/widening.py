"""Which type holds every value of another: what may be cast without looking at the rows."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from dq_monitor.model.types import parts_of

# Each type that a column may have beside the one promised: every value of the first is the same
# value in the second.
WIDER: Mapping[type[pl.DataType], tuple[pl.DataType, ...]] = {
    pl.Int8: (pl.Int16(), pl.Int32(), pl.Int64(), pl.Float32(), pl.Float64()),
    pl.Int16: (pl.Int32(), pl.Int64(), pl.Float32(), pl.Float64()),
    pl.Int32: (pl.Int64(), pl.Float64()),
    pl.UInt8: (pl.Int16(), pl.Int32(), pl.Int64(), pl.Float32(), pl.Float64()),
    pl.UInt16: (pl.Int32(), pl.Int64(), pl.Float32(), pl.Float64()),
    pl.UInt32: (pl.Int64(), pl.Float64()),
    pl.Float32: (pl.Float64(),),
}


def widens(narrow: pl.DataType, wide: pl.DataType) -> bool:
    """Say whether `wide` is another type than `narrow` and holds each of its values unchanged."""
    if narrow == wide:
        return False
    if isinstance(narrow, pl.Null):
        return True
    if isinstance(narrow, pl.Decimal) and isinstance(wide, pl.Decimal):
        return wide.scale >= narrow.scale and _whole_digits(wide) >= _whole_digits(narrow)
    if isinstance(narrow, pl.Datetime) and isinstance(wide, pl.Datetime):
        # Instants are the same in every zone; a millisecond is a thousand microseconds.
        zoned = (narrow.time_zone is None) == (wide.time_zone is None)
        return zoned and (narrow.time_unit, wide.time_unit) in {("us", "us"), ("ms", "us")}
    parts = _parts(narrow, wide)
    return (
        all(one == other or widens(one, other) for one, other in parts)
        if parts
        else (wide in WIDER.get(type(narrow), ()))
    )


def has_wider(dtype: pl.DataType) -> bool:
    """Say whether there is a type that holds all values of a plain one unchanged."""
    return isinstance(dtype, pl.Null) or type(dtype) in WIDER


def _parts(narrow: pl.DataType, wide: pl.DataType) -> list[tuple[pl.DataType, pl.DataType]]:
    """Pair the parts of two nested types that are made alike; nothing where they are not."""
    if isinstance(narrow, pl.Array | pl.List) and isinstance(wide, pl.List):
        return [(parts_of(narrow)[0], parts_of(wide)[0])]
    if isinstance(narrow, pl.Struct) and isinstance(wide, pl.Struct):
        names = [[field.name for field in one.fields] for one in (narrow, wide)]
        if names[0] == names[1]:
            return list(zip(parts_of(narrow), parts_of(wide), strict=True))
    return []


def _whole_digits(dtype: pl.Decimal) -> int:
    return dtype.precision - dtype.scale
