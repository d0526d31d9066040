"""Schemas as checks hold them against each other: answered without reading a row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

import narwhals.stable.v2 as nw
import polars as pl
from pydantic import BeforeValidator, Field

from dq_monitor.checks._parameters import OneOrMore, pairs
from dq_monitor.model.types import common, is_a, require_type, type_name

TypeNames = Annotated[
    OneOrMore,
    Field(
        alias="type",
        description="the type, as a contract writes it, or a family such as integer, number, text,"
        " timestamp, time, list, struct; one of several",
    ),
]
ColumnTypes = Annotated[
    tuple[tuple[Annotated[str, Field(min_length=1)], OneOrMore], ...],
    Field(min_length=1),
    BeforeValidator(pairs, json_schema_input_type=dict[str, OneOrMore]),
]


def types_of(schema: Mapping[str, nw.dtypes.DType]) -> Mapping[str, pl.DataType]:
    """Return a schema in Polars' words, without what is a matter of the engine that holds it."""
    return {name: common(dtype) for name, dtype in nw.Schema(schema).to_polars().items()}


def require_types(columns: Sequence[tuple[str, Sequence[str]]]) -> None:
    """Raise ValueError for a name of a type that is none, and for a column without any."""
    for _, names in columns:
        for name in names:
            require_type(name)


def is_one_of(dtype: pl.DataType, names: Sequence[str]) -> bool:
    """Say whether a type is one of those named."""
    return any(is_a(dtype, name) for name in names)


def retyped(name: str, dtype: pl.DataType, wanted: Sequence[str]) -> str:
    """Return what a note says of a column that is of another type."""
    return f"{name} is {type_name(dtype)}, not {' or '.join(wanted)}"


def told(differences: Mapping[str, Sequence[str]]) -> str:
    """Return what a note says of differences, by kind."""
    return "; ".join(f"{kind}: {', '.join(names)}" for kind, names in differences.items() if names)


def moved(one: Sequence[str], other: Sequence[str]) -> list[str]:
    """Return the names that both have and that stand elsewhere among these in `other`."""
    here = [name for name in one if name in other]
    there = [name for name in other if name in one]
    return [name for name, found in zip(here, there, strict=True) if name != found]
