"""Reads a source's options and names what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import polars as pl
from pydantic import BaseModel, ConfigDict, StrictBool, ValidationError

from dq_monitor.errors import PipelineInvalid
from dq_monitor.registry import suggest


class FileOptions(BaseModel):
    """What every file source takes: size and SHA-256, given here or in a manifest.

    `manifest` is the name of one beside the files, or true for `NAME.sha256` or `manifest.json`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    sha256: str | None = None
    size: int | None = None
    manifest: StrictBool | str = False


class TextOptions(FileOptions):
    """What text files take beside: a zip's member, and types for columns where known."""

    member: str | None = None
    schema_overrides: Mapping[str, Any] = {}


Options = TypeVar("Options", bound=BaseModel)


def read_options(model: type[Options], given: Mapping[str, object], path: str) -> Options:
    """Return `given` as `model`; raise PipelineInvalid with the nearest known name."""
    try:
        return model.model_validate(dict(given))
    except ValidationError as error:
        issue = error.errors()[0]
        name = str(issue["loc"][0])
        unknown = issue["type"] == "extra_forbidden"
        raise PipelineInvalid(
            f"source {path}: option {name!r}: {'is unknown' if unknown else issue['msg']}",
            fix=suggest(name, model.model_fields) if unknown else "correct the option",
        ) from error


def column_types(given: Mapping[str, Any], path: str) -> dict[str, Any]:
    """Return column types for Polars; `int64` in lower case, as contracts write it, is one too."""
    return {name: _type(name, wanted, path) for name, wanted in given.items()}


def _type(column: str, wanted: object, path: str) -> Any:
    if not isinstance(wanted, str):
        return wanted
    known = {
        name.lower(): kind
        for name, kind in vars(pl.datatypes).items()
        if isinstance(kind, type) and issubclass(kind, pl.DataType)
    }
    if wanted not in known:
        raise PipelineInvalid(
            f"source {path}: column {column!r}: no type {wanted!r}", fix=suggest(wanted, known)
        )
    return known[wanted]
