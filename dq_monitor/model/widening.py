"""Which type holds every value of another: what may be cast without looking at the rows."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

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
    if isinstance(narrow, pl.Array) and isinstance(wide, pl.List):
        return narrow.inner == wide.inner
    return wide in WIDER.get(type(narrow), ())


def _whole_digits(dtype: pl.Decimal) -> int:
    return dtype.precision - dtype.scale
