"""Checks of installed pandera models: found by name, and run by pandera itself."""

from __future__ import annotations

from typing import Annotated, Any

import polars as pl
from pydantic import Field

from dq_monitor.checks._parameters import Integer
from dq_monitor.errors import UnknownName
from dq_monitor.registry import installed, suggest

GROUP = "dq_monitor.models"
ANSWER = "check_output"  # pandera.constants.CHECK_OUTPUT_KEY, which costs a second to import

ModelName = Annotated[
    str, Field(min_length=1, description="name of the entry point in `dq_monitor.models`")
]
CheckName = Annotated[str, Field(min_length=1, description="what the model calls the check")]
CheckNumber = Annotated[
    Integer | None,
    Field(ge=0, description="its place among the checks, where several have that name"),
]


def find_check(model: str, column: str, name: str, number: int | None) -> Any:
    """Return the check `name` of a model's column, or of its frame where `column` is empty.

    Raises ValueError with the nearest name for what is not there.
    """
    owner = _owner(schema_of(model), model, column)
    checks = list(owner.checks)
    if number is not None and number < len(checks) and checks[number].name == name:
        return checks[number]
    found = [check for check in checks if check.name == name]
    if not found:
        known = [str(check.name) for check in checks]
        near = suggest(name, known) if known else "it has none"
        raise ValueError(f"model {model!r} has no check {name!r} there: {near}")
    return found[0]


def schema_of(model: str) -> Any:
    """Return the schema of an installed model; raise ValueError if there is none."""
    try:
        return installed(GROUP, model, "model").to_schema()
    except UnknownName as error:
        raise ValueError(f"no installed {error.detail}: {error.fix}") from error
    except Exception as error:  # what a foreign package raises while it is imported
        raise ValueError(f"model {model!r} cannot be loaded: {type(error).__name__}") from error


def answers(check: Any, rows: pl.LazyFrame, column: str) -> pl.Series:
    """Return what a check says of rows, one answer each, or one for all of them."""
    try:
        result = check(rows, column or None).check_output.collect()
    except pl.exceptions.PolarsError:
        raise
    except Exception as error:
        kind = type(error).__name__
        raise ValueError(f"check {check.name!r} of pandera raised {kind}") from error
    found: pl.Series = result[ANSWER]
    return found


def _owner(schema: Any, model: str, column: str) -> Any:
    if not column:
        return schema
    if column not in schema.columns:
        near = suggest(column, map(str, schema.columns))
        raise ValueError(f"model {model!r} has no column {column!r}: {near}")
    return schema.columns[column]
