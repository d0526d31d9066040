"""The parameters that checks share: how they are typed, described and refused."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, ConfigDict, Field, Strict

from dq_monitor import expression

CLOSED = ConfigDict(extra="forbid")

Flag = Annotated[bool, Strict()]
Integer = Annotated[int, Strict()]
Number = Integer | Annotated[float, Strict()]
Scalar = Flag | Number | Annotated[str, Strict()]
ColumnName = Annotated[str, Field(min_length=1, description="the column that is asked")]
_Names = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(min_length=1)]


def pairs(value: object) -> object:
    """Return a mapping as pairs: a check is a value, and a mapping cannot be hashed."""
    return tuple(value.items()) if isinstance(value, Mapping) else value


def listed(value: object) -> object:
    """Return one text as a list of it."""
    return (value,) if isinstance(value, str) else value


OneOrMore = Annotated[_Names, BeforeValidator(listed, json_schema_input_type=str | _Names)]
# A field cannot be called `columns` beside the method; in YAML it is.
ColumnNames = Annotated[
    OneOrMore, Field(alias="columns", description="the columns that make the key, together")
]
SeveralNames = Annotated[
    tuple[Annotated[str, Field(min_length=1)], ...],
    Field(alias="columns", min_length=2, description="the columns that are asked together"),
]
By = Annotated[
    tuple[Annotated[str, Field(min_length=1)], ...],
    Field(description="the columns that make a group: the question is asked of each by itself"),
    BeforeValidator(listed, json_schema_input_type=str | _Names),
]
Condition = Annotated[
    str, Field(description="a yes-or-no question in SQL", examples=["arr_delay >= dep_delay - 180"])
]

_DURATION = re.compile(r"([0-9]{1,9}) ?([smhdw])", re.ASCII)
_LONGEST = timedelta(days=365_000)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def duration(text: str) -> timedelta:
    """Return what `90m`, `26h` or `2d` says; raise ValueError for anything else."""
    found = _DURATION.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is not a duration: write 30s, 90m, 26h, 2d or 1w")
    amount, unit = found.groups()
    seconds = int(amount) * _SECONDS[unit]
    # the write's own time must be able to go as far, both ways, within the calendar
    if seconds > _LONGEST.total_seconds():
        raise ValueError(f"{text!r} is too long: a duration ends at {_LONGEST.days}d")
    return timedelta(seconds=seconds)


def finite(value: object, name: str) -> None:
    """Refuse NaN and infinity as a parameter: no comparison with them means anything."""
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{name} must be a finite number")


def distinct(names: Sequence[str]) -> None:
    """Refuse a column that is named twice."""
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"{', '.join(twice)} is named twice")


def condition_columns(condition: str) -> tuple[str, ...]:
    """Return the columns of a condition; raise ValueError when it is not one."""
    return expression.parse(condition).columns
