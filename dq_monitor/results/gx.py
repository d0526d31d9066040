"""A validation result of Great Expectations, or the result of a checkpoint, as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import AliasChoices, Field, model_validator

from dq_monitor.model.results import ToolResults
from dq_monitor.results._reading import Failures, Moment, Part, named, read_as


class _Config(Part):
    type: str = Field(validation_alias=AliasChoices("type", "expectation_type"))
    kwargs: Mapping[str, Any] = Field(default_factory=dict)


class _Counts(Part):
    unexpected_count: Failures | None = None


class _Result(Part):
    success: bool
    expectation_config: _Config
    result: _Counts = Field(default_factory=_Counts)


class _RunId(Part):
    run_time: Moment | None = None


class _Meta(Part):
    run_id: _RunId = Field(default_factory=_RunId)


class _Validation(Part):
    results: tuple[_Result, ...]
    meta: _Meta = Field(default_factory=_Meta)

    @model_validator(mode="before")
    @classmethod
    def _inner(cls, given: Any) -> Any:
        inner = given.get("validation_result") if isinstance(given, dict) else None
        return inner or given


class _Checkpoint(Part):
    run_id: _RunId = Field(default_factory=_RunId)
    run_results: Mapping[str, _Validation]


class _File(Part):
    found: _Validation | _Checkpoint

    @model_validator(mode="before")
    @classmethod
    def _whole(cls, given: Any) -> Any:
        return {"found": given}


class Gx:
    """The expectations of a validation; each goes by its type and column, joined by a dot.

    An expectation that was not met counts its unexpected values, 1 where it counts none.
    """

    def read(self, text: bytes) -> ToolResults:
        """Return what the file says; raise ResultsUnreadable."""
        found = read_as(_File, text, "a validation result of Great Expectations as JSON").found
        if isinstance(found, _Validation):
            return ToolResults(named(_expectations(found)), found.meta.run_id.run_time)
        pairs = (pair for one in found.run_results.values() for pair in _expectations(one))
        return ToolResults(named(pairs), found.run_id.run_time)


def _expectations(validation: _Validation) -> Iterator[tuple[str, float]]:
    for result in validation.results:
        config = result.expectation_config
        column = config.kwargs.get("column")
        name = f"{config.type}.{column}" if column else config.type
        yield name, 0.0 if result.success else (result.result.unexpected_count or 1.0)
