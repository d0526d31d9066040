"""dbt's `target/run_results.json`."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from dq_monitor.model.results import ToolResults
from dq_monitor.results._reading import Failures, Moment, Part, named, read_as

_PASSED = {"pass", "success"}


class _Metadata(Part):
    generated_at: Moment | None = None


class _Result(Part):
    unique_id: str
    status: str
    failures: Failures | None = None


class _Run(Part):
    metadata: _Metadata = Field(default_factory=_Metadata)
    results: tuple[_Result, ...]


class Dbt:
    """The tests of a dbt run; a test goes by its own name, without package and hash.

    What a test that did not pass counted is its failures, 1 where it counted none (it broke).
    """

    def read(self, text: bytes) -> ToolResults:
        """Return what the file says; raise ResultsUnreadable."""
        run = read_as(_Run, text, "the run_results.json of a dbt run")
        return ToolResults(named(_tests(run)), run.metadata.generated_at)


def _tests(run: _Run) -> Iterator[tuple[str, float]]:
    for result in run.results:
        kind, *names = result.unique_id.split(".")
        if kind != "test" or result.status == "skipped":
            continue
        name = names[1] if len(names) > 1 else result.unique_id
        yield name, 0.0 if result.status in _PASSED else (result.failures or 1.0)
