"""`freshness`: how old the newest value is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from dq_monitor.checks._base import OneColumn, Table
from dq_monitor.checks._clock import age
from dq_monitor.expression.types import TIMES, column
from dq_monitor.model.check import Aggregate, Family, Measure, Measures, Merge, View


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness(OneColumn, Table):
    """How old the newest value is.

    The value is the age in seconds of the newest date or timestamp at the time of the write or
    audit, negative when it lies ahead; there is none without values. A timestamp without a zone is
    read in the table's time zone, a date begins at midnight there.

    Example:
        - freshness: {column: time_hour}
          warn: {over: 26h}
          error: {over: 50h}

    """

    family: ClassVar[Family] = Family.TIME
    measures: ClassVar[Measures] = Measures.AGE
    aliases: ClassVar[tuple[str, ...]] = (
        "recency",
        "is_data_fresh",
    )

    def aggregates(self, view: View) -> Mapping[str, Aggregate]:
        """Return the newest value."""
        value = column(view, self.column, TIMES, asked_by="freshness")
        return {"newest": Aggregate(value.expr.max(), Merge.MAX)}

    def measure(self, state: Mapping[str, Any], view: View) -> Measure:
        """Return the age of the newest value."""
        newest = state["newest"]
        if newest is None:
            return Measure(None, "no values")
        return Measure(age(newest, view), f"newest is {newest}")
