"""`ingestion_delay`: how long rows took to arrive."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import narwhals.stable.v2 as nw
from pydantic import Field

from dq_monitor.checks._base import Table
from dq_monitor.checks._clock import SECOND, micros, two_times
from dq_monitor.checks._counting import count_of
from dq_monitor.checks._parameters import ColumnName
from dq_monitor.model.check import Aggregate, Family, Measure, Measures, Merge
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestionDelay(Table):
    """How long rows took to arrive.

    The value is the time in seconds from `column`, when something happened, to `arrival`, when its
    row came: the longest, shortest or mean over the rows that have both; there is none without such
    rows, and it is negative where rows came before. Two timestamps with a zone are held by the time
    that passed, others by the wall clock of the table's time zone.

    Example:
        - ingestion_delay: {column: time_hour, arrival: loaded_at, of: max}
          warn: {over: 26h}

    """

    family: ClassVar[Family] = Family.TIME
    measures: ClassVar[Measures] = Measures.AGE

    column: ColumnName
    arrival: Annotated[str, Field(min_length=1, description="the column of when the row came")]
    of: Annotated[
        Literal["max", "mean", "min"], Field(description="which delay of the rows is the value")
    ] = "max"

    def __post_init__(self) -> None:
        """Refuse a column held against itself."""
        if self.column == self.arrival:
            raise ValueError(f"{self.column} is compared with itself: name another arrival")

    def columns(self) -> tuple[str, ...]:
        """Return both columns."""
        return self.column, self.arrival

    def aggregates(self, view: View) -> Mapping[str, Aggregate]:
        """Return the delay that is asked for, or what its mean is made of."""
        delay = self._delay(view)
        if self.of == "max":
            return {"delay": Aggregate(delay.max(), Merge.MAX)}
        if self.of == "min":
            return {"delay": Aggregate(delay.min(), Merge.MIN)}
        return {"sum": Aggregate(delay.sum()), "count": Aggregate(count_of(~delay.is_null()))}

    def measure(self, state: Mapping[str, Any], view: View) -> Measure:  # noqa: ARG002 - the protocol's
        """Return the delay."""
        if self.of != "mean":
            delay = state["delay"]
            return _NOTHING if delay is None else Measure(delay / SECOND)
        count = state["count"] or 0
        if not count:
            return _NOTHING
        return Measure(state["sum"] / SECOND / count, f"of {count:,} rows")

    def _delay(self, view: View) -> nw.Expr:
        event, arrival = two_times(view, self.column, self.arrival, asked_by="ingestion_delay")
        # In microseconds: not every engine divides, and the value is one number.
        return (micros(arrival, view) - micros(event, view)).cast(nw.Float64)


_NOTHING = Measure(None, "no values")
