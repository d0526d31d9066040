"""A plain JSON file, for tools that have no reader of their own."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field

from dq_monitor.model.results import ToolResults
from dq_monitor.results._reading import Failures, Moment, Part, named, read_as


class _Result(Part):
    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(min_length=1)]
    failures: Failures


class _Results(Part):
    model_config = ConfigDict(extra="forbid", frozen=True)

    at: Moment | None = None
    results: tuple[_Result, ...]


class Generic:
    """`{"at": "2013-01-07T06:00:00Z", "results": [{"name": "rows agree", "failures": 3}]}`."""

    def read(self, text: bytes) -> ToolResults:
        """Return what the file says; raise ResultsUnreadable."""
        file = read_as(_Results, text, 'JSON such as {"results": [{"name": "x", "failures": 3}]}')
        return ToolResults(named((one.name, one.failures) for one in file.results), file.at)
