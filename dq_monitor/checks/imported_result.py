"""`imported_result`: what another tool found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from dq_monitor.checks._base import History
from dq_monitor.checks._parameters import duration
from dq_monitor.model.check import Family, Measure, Measures
from dq_monitor.model.metric import IMPORTED, Metric


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedResult(History):
    """What another tool found.

    The value is the number of failures in the newest result of this name that was imported for the
    table (`dqm import-results`), 0 where the other tool passed it. There is no value without a
    result, or when the newest is older than `max_age` at the time of the write.

    Example:
        - imported_result: {tool: dbt, name: not_null_flights_dest, max_age: 26h}

    """

    family: ClassVar[Family] = Family.OPERATIONS
    shorthand: ClassVar[str] = ""
    measures: ClassVar[Measures] = Measures.VIOLATIONS

    tool: Annotated[
        Literal["dbt", "gx", "soda", "generic"], Field(description="whose result it is")
    ]
    name: Annotated[str, Field(min_length=1, description="what the other tool calls its test")]
    max_age: Annotated[
        str, Field(description="how old the result may be", examples=["90m", "26h", "2d"])
    ] = "2d"

    def __post_init__(self) -> None:
        """Refuse what is no duration."""
        duration(self.max_age)

    def columns(self) -> tuple[str, ...]:
        """Return no column: the other tool has read them."""
        return ()

    @property
    def metric(self) -> str:
        """Return the name in the table's history."""
        return f"{IMPORTED}{self.tool}.{self.name}"

    @property
    def window(self) -> int:
        """Return that one result is enough."""
        return 1

    def recall(self, before: Sequence[Metric], now: datetime) -> Measure:
        """Return the newest result, unless it is too old."""
        if not before:
            return Measure(None, f"no result of {self.tool} was imported")
        newest = before[-1]
        when = f"{newest.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        if now - newest.at > duration(self.max_age):
            return Measure(None, f"the newest result is of {when}, more than {self.max_age} ago")
        return Measure(newest.value, f"failures, {self.tool} at {when}")
