"""Finds a time column's newest value: in the Delta log where that is sound, else by a scan."""

from __future__ import annotations

from datetime import date, datetime

import polars as pl
from deltalake import DeltaTable

from dq_monitor.errors import TableUnreadable
from dq_monitor.tables.additions import additions

_READ_ERRORS = (OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException)


def newest(table: DeltaTable, column: str) -> datetime | date | None:
    """Return the largest value of a date or timestamp column; None when it has no value.

    Statistics are cut to milliseconds, so the answer may be older by less than that. Raises
    TableUnreadable when the column is missing, is no time, or cannot be read.
    """
    try:
        frame = pl.scan_delta(table)
        _require_time(table, column, frame.collect_schema())
        sound, value = _from_log(table, column)
        if not sound:
            value = frame.select(pl.col(column).max()).collect(engine="streaming").item()
    except _READ_ERRORS as error:
        raise TableUnreadable(f"{table.table_uri}: {type(error).__name__}") from error
    except (OverflowError, ValueError):
        return datetime.max  # noqa: DTZ901 - polars holds years that datetime cannot: far ahead
    return value


def _require_time(table: DeltaTable, column: str, schema: pl.Schema) -> None:
    if column not in schema:
        raise TableUnreadable(
            f"{table.table_uri} has no column {column!r}", fix="correct the pack's freshness"
        )
    if not isinstance(schema[column], pl.Datetime | pl.Date):
        raise TableUnreadable(
            f"column {column!r} of {table.table_uri} is {schema[column]}, no date or timestamp",
            fix="name a time column in the pack's freshness",
        )


def _from_log(table: DeltaTable, column: str) -> tuple[bool, datetime | date | None]:
    """Return whether the log can answer, and its answer.

    A file without a maximum is no obstacle only when all its values are null: statistics leave
    out columns after the 32nd, and absent means unknown.
    """
    if "deletionVectors" in (table.protocol().reader_features or ()):
        return False, None
    files = additions(table)
    if files.is_empty():
        return True, None
    if not {f"max.{column}", f"null_count.{column}"} <= set(files.columns):
        return False, None
    largest, nulls = pl.col(f"max.{column}"), pl.col(f"null_count.{column}")
    known = largest.is_not_null() | (nulls == pl.col("num_records")).fill_null(value=False)
    sound, value = files.select(known.all(), largest.max().alias("value")).row(0)
    return sound, value
