"""What Ibis backends share: a table by its name, and rows with the types that Ibis promised."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import narwhals.stable.v2 as nw
import polars as pl

from dq_monitor.engines.backends._driver import named
from dq_monitor.engines.isolation import Frame


def find(backend: Any, name: str) -> Frame | None:
    """Return a table by its name, with its schema or without; None when there is none."""
    from ibis.common.exceptions import TableNotFound  # noqa: PLC0415 - an optional driver

    schema, table = named(name)
    try:
        found: Frame = nw.from_native(backend.table(table, database=schema))
    except TableNotFound:
        return None
    return found


def shaped(found: pl.DataFrame, query: Any) -> pl.DataFrame:
    """Return what a driver gave as the types that the query has: drivers know fewer of them."""
    from ibis.formats.polars import PolarsSchema  # noqa: PLC0415 - an optional driver

    wanted = PolarsSchema.from_ibis(query.schema())
    return found.select(_cast(found[name], dtype) for name, dtype in wanted.items())


def frame_of(rows: Sequence[Sequence[Any]], query: Any) -> pl.DataFrame:
    """Return a driver's rows as a frame of the types that the query has."""
    names = list(query.schema().names)
    columns = zip(*rows, strict=True) if rows else ([] for _ in names)
    series = [
        pl.Series(name, list(cells), strict=False)
        for name, cells in zip(names, columns, strict=True)
    ]
    return shaped(pl.DataFrame(series), query)


def _cast(column: pl.Series, dtype: pl.DataType) -> pl.Series:
    if isinstance(column.dtype, pl.Datetime) and isinstance(dtype, pl.Datetime):
        return column.dt.convert_time_zone("UTC").dt.replace_time_zone(dtype.time_zone)
    return column if dtype.is_decimal() else column.cast(dtype)
