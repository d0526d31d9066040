"""Reads what a pack says about how much is too much: counts, shares, values and durations."""

from __future__ import annotations

import math
import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

from dq_monitor.model.rule import Limit
from dq_monitor.model.size import read_size
from dq_monitor.packs.report import shown

SHARE = re.compile(r"([-+]?[0-9]+(?:\.[0-9]+)?) ?%")
DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?([smhdw])")
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
SHARE_SCHEMA = {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)? ?%$"}
SIGNED_SHARE_SCHEMA = {"type": "string", "pattern": r"^[-+]?[0-9]+(\.[0-9]+)? ?%$"}
SIZE_SCHEMA = {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)? ?([KkMmGgTt][Ii]?)?[Bb]$"}
DURATION_SCHEMA = {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)? ?[smhdw]$"}


def rows_limit(value: Any) -> Limit:
    """Read a count of rows or a share of the judged ones."""
    if share := _share(value):
        if not 0 <= share.value <= 1:
            raise ValueError(f"{value} is no share of the rows: it must lie between 0% and 100%")
        return share
    count = _number(value, "a count of rows such as 10, or a share such as 0.1%")
    if count < 0:
        raise ValueError(f"{value} rows are impossible: write 0 or more")
    if count != int(count):
        percent = f"{count * 100:g}%"
        raise ValueError(
            f"{value} is no whole count of rows: write {percent} for the share, or a whole number"
        )
    return Limit(count)


def value_limit(value: Any) -> Limit:
    """Read a bound for a measured value; `95%` is 0.95."""
    return _share(value) or Limit(_number(value, "a number such as 1000, or a share such as 95%"))


def age_limit(value: Any) -> Limit:
    """Read a bound for an age, in seconds."""
    return Limit(duration(value).total_seconds())


def size_limit(value: Any) -> Limit:
    """Read a bound for a size: a number of bytes, or 128MB."""
    if isinstance(value, str):
        return Limit(read_size(value))
    size = _number(value, "a size such as 128MB, or a number of bytes")
    if size < 0:
        raise ValueError(f"{value} bytes are impossible: write 0 or more")
    return Limit(size)


def size(value: Any) -> int:
    """Read a size in bytes: 128MB, or a whole number."""
    found = int(size_limit(value).value)
    if found < 1:
        raise ValueError(f"{value} is no size at all: write 128MB, or a number of bytes above 0")
    return found


def duration(value: Any) -> timedelta:
    """Read `90m`, `26h`, `2d`."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        hint = f"write {value}h, {value}m or {value}d"
        raise ValueError(f"{shown(value)} has no unit: {hint}")  # noqa: TRY004 - as in _number
    match = DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"takes a duration such as 90m, 26h or 2d, not {shown(value)}")
    try:
        length = timedelta(**{UNITS[match[2]]: float(match[1])})
    except OverflowError as error:
        raise ValueError(f"{value} is longer than any clock runs") from error
    if not length:
        raise ValueError(f"{value} is no time at all: write more than 0")
    return length


def spell_duration(span: timedelta) -> str:
    """Write a duration as a pack does: `7d`, `90m`, in the largest unit that needs no fraction."""
    for unit in ("d", "h", "m"):
        count = span / timedelta(**{UNITS[unit]: 1})
        if count >= 1 and count == int(count):
            return f"{int(count)}{unit}"
    return f"{span.total_seconds():g}s"


def finite(value: Any) -> float:
    """Read a plain number."""
    return _number(value, "a number")


def _share(value: Any) -> Limit | None:
    match = SHARE.fullmatch(value) if isinstance(value, str) else None
    return Limit(float(match[1]) / 100, share=True) if match else None


def _number(value: Any, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        # Pydantic tells a ValueError to the user and lets a TypeError through.
        raise ValueError(f"takes {what}, not {shown(value)}")  # noqa: TRY004
    if not math.isfinite(value):
        raise ValueError("takes a finite number: leave the bound out instead")
    return float(value)


RowsLimit = Annotated[
    Limit,
    PlainValidator(rows_limit),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 0}, SHARE_SCHEMA]}),
]
ValueLimit = Annotated[
    Limit,
    PlainValidator(value_limit),
    WithJsonSchema({"anyOf": [{"type": "number"}, SIGNED_SHARE_SCHEMA]}),
]
AgeLimit = Annotated[Limit, PlainValidator(age_limit), WithJsonSchema(DURATION_SCHEMA)]
SizeLimit = Annotated[
    Limit,
    PlainValidator(size_limit),
    WithJsonSchema({"anyOf": [{"type": "number", "minimum": 0}, SIZE_SCHEMA]}),
]
Size = Annotated[
    int,
    PlainValidator(size),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 1}, SIZE_SCHEMA]}),
]
Duration = Annotated[
    timedelta,
    PlainValidator(duration),
    PlainSerializer(spell_duration, return_type=str),  # as an editor shows a default
    WithJsonSchema(DURATION_SCHEMA),
]
Finite = Annotated[float, PlainValidator(finite), WithJsonSchema({"type": "number"})]
