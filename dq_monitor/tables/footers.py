"""What a Parquet file says of itself at its end: rows, nulls and ranges, without reading a row."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.fs as arrow_files
import pyarrow.parquet as pq

from dq_monitor.model.profile import ColumnProfile, Profile
from dq_monitor.model.table import Field

STATS_COLUMNS = 32  # Delta's default number of columns with statistics
STATS_TEXT = 64  # longer text would have to be cut: absent means unknown

Value = int | float | str | date | datetime


@dataclass(frozen=True, slots=True)
class Range:
    """A flat column of a file. `low` and `high` are None where the file does not say."""

    name: str
    nulls: int
    low: Value | None = None
    high: Value | None = None


@dataclass(frozen=True, slots=True)
class Footer:
    """One file."""

    bytes: int
    rows: int
    columns: tuple[Range, ...]


def read_footer(path: str, size: int, store: arrow_files.FileSystem | None = None) -> Footer:
    """Read a file's footer: a few kilobytes, whatever the file's size."""
    metadata = pq.read_metadata(path, filesystem=store)
    return Footer(size, metadata.num_rows, tuple(_ranges(metadata)))


def statistics(footer: Footer) -> dict[str, object]:
    """Return the file's statistics as the Delta log spells them."""
    covered = footer.columns[:STATS_COLUMNS]
    ranged = [
        (c.name, _stat(c.low), _stat(c.high, up=True))
        for c in covered
        if c.low is not None and c.high is not None
    ]
    known = [
        (name, low, high) for name, low, high in ranged if low is not None and high is not None
    ]
    return {
        "numRecords": footer.rows,
        "minValues": {name: low for name, low, _ in known},
        "maxValues": {name: high for name, _, high in known},
        "nullCount": {c.name: c.nulls for c in covered},
    }


def profile(footers: Sequence[Footer], fields: tuple[Field, ...]) -> Profile:
    """Add up what the footers of a batch say."""
    nulls: dict[str, int] = {}
    lows: dict[str, list[float]] = {}
    highs: dict[str, list[float]] = {}
    for column in (column for footer in footers for column in footer.columns):
        nulls[column.name] = nulls.get(column.name, 0) + column.nulls
        if isinstance(column.low, int | float) and isinstance(column.high, int | float):
            lows.setdefault(column.name, []).append(column.low)
            highs.setdefault(column.name, []).append(column.high)
    columns = tuple(
        ColumnProfile(
            f.name,
            nulls[f.name],
            min(lows.get(f.name, ()), default=None),
            max(highs.get(f.name, ()), default=None),
        )
        for f in fields
        if f.name in nulls
    )
    return Profile(
        rows=sum(f.rows for f in footers),
        bytes=sum(f.bytes for f in footers),
        files=len(footers),
        fields=fields,
        columns=columns,
    )


def _ranges(metadata: Any) -> Iterator[Range]:
    """Yield each flat column whose row groups all count their nulls."""
    types = metadata.schema.to_arrow_schema()
    groups = [metadata.row_group(g) for g in range(metadata.num_row_groups)]
    for index in range(metadata.num_columns):
        column = metadata.schema.column(index)
        if column.max_repetition_level or column.path != column.name:
            continue
        stats = [group.column(index).statistics for group in groups]
        if any(s is None or not s.has_null_count for s in stats):
            continue
        known = [s for s in stats if s.has_min_max]
        nulls = sum(s.null_count for s in stats)
        # A group that is all null has no range of its own and takes none from the others.
        if known and all(s.has_min_max or s.num_values == 0 for s in stats):
            kind = types.field(column.name).type
            lows = [_value(s.min_raw, kind) for s in known]
            highs = [_value(s.max_raw, kind) for s in known]
            yield Range(column.name, nulls, *_enclosing(lows, highs))
        else:
            yield Range(column.name, nulls)


def _value(raw: Any, kind: pa.DataType) -> Value | None:
    """Read a bound from its stored form: pyarrow's own conversion imports pandas for a timestamp.

    None for the types whose order Delta's statistics do not spell.
    """
    if pa.types.is_timestamp(kind) and kind.unit in {"us", "ms"}:
        zone = UTC if kind.tz else None
        ticks = timedelta(microseconds=raw) if kind.unit == "us" else timedelta(milliseconds=raw)
        return datetime(1970, 1, 1, tzinfo=zone) + ticks
    if pa.types.is_date32(kind):
        return date(1970, 1, 1) + timedelta(days=raw)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return str(raw, "utf-8") if isinstance(raw, bytes) else str(raw)
    if pa.types.is_integer(kind):
        return int(raw)
    if pa.types.is_floating(kind) and math.isfinite(raw):
        return float(raw)
    return None


def _enclosing(lows: list[Any], highs: list[Any]) -> tuple[Value | None, Value | None]:
    """Return the range around all row groups; one unknown bound makes the whole unknown."""
    if None in lows or None in highs:
        return None, None
    return min(lows), max(highs)


def _stat(value: Value | None, *, up: bool = False) -> Value | None:
    if isinstance(value, datetime):
        return _milliseconds(value, up=up)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str) and len(value) > STATS_TEXT:
        return None
    return value


def _milliseconds(value: datetime, *, up: bool) -> str:
    """Delta cuts timestamps to milliseconds: round outwards, so that no row falls out of range."""
    rest = timedelta(microseconds=value.microsecond % 1000)
    whole = value - rest + timedelta(milliseconds=1 if up and rest else 0)
    text = whole.replace(tzinfo=None).isoformat(timespec="milliseconds")
    return f"{text}Z" if value.tzinfo else text
