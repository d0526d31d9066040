"""The names a contract gives to column types, in Polars' words."""

from __future__ import annotations

import re
from collections.abc import Mapping

import polars as pl

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
DECIMAL = re.compile(r"decimal\((\d{1,2}), ?(\d{1,2})\)")
LIST = re.compile(r"list\[(.+)\]")
MAX_PRECISION = 38


def column_type(name: str) -> pl.DataType:
    """Return the type called `name`; raise ValueError with the nearest known name.

    Known are the names in `NAMED`, `decimal(12, 2)` and `list[int64]`. `datetime` is in UTC, as
    everything is stored; `datetime_naive` has no zone and is read in the table's own.
    """
    if name in NAMED:
        return NAMED[name]
    if found := DECIMAL.fullmatch(name):
        precision, scale = int(found[1]), int(found[2])
        if not scale <= precision <= MAX_PRECISION or not precision:
            raise ValueError(f"{name} is not a decimal of at most {MAX_PRECISION} digits")
        return pl.Decimal(precision, scale)
    if found := LIST.fullmatch(name):
        return pl.List(column_type(found[1]))
    known = [*NAMED, "decimal(12, 2)", "list[int64]"]
    raise ValueError(f"unknown type {name!r}: {suggest(name, known)}")


def type_name(dtype: pl.DataType) -> str:
    """Return how a contract would call `dtype`; Polars' own name where it has none."""
    if isinstance(dtype, pl.Decimal):
        return f"decimal({dtype.precision}, {dtype.scale})"
    if isinstance(dtype, pl.List) and isinstance(dtype.inner, pl.DataType):
        return f"list[{type_name(dtype.inner)}]"
    return next((name for name, known in NAMED.items() if known == dtype), str(dtype))
