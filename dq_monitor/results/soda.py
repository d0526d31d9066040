"""The result of a Soda scan, as JSON."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from dq_monitor.model.results import ToolResults
from dq_monitor.results._reading import Moment, Part, named, read_as


class _Check(Part):
    name: str
    outcome: str | None = None


class _Scan(Part):
    ended: Moment | None = Field(default=None, validation_alias="scanEndTimestamp")
    checks: tuple[_Check, ...]


class Soda:
    """The checks of a Soda scan by their names: 1 for each that warns or fails.

    Soda's own numbers are values, not failures, so they are not taken.
    """

    def read(self, text: bytes) -> ToolResults:
        """Return what the file says; raise ResultsUnreadable."""
        scan = read_as(_Scan, text, "the results file of a Soda scan")
        return ToolResults(named(_checks(scan)), scan.ended)


def _checks(scan: _Scan) -> Iterator[tuple[str, float]]:
    for check in scan.checks:
        if check.outcome is not None:
            yield check.name, 0.0 if check.outcome == "pass" else 1.0
