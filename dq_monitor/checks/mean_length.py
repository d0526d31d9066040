"""`mean_length`: the average length of the texts of a column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import narwhals.stable.v2 as nw

from dq_monitor.checks._base import OneColumn, Table
from dq_monitor.checks._lengths import Unit, text_length
from dq_monitor.model.check import Aggregate, Family, Measure
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanLength(OneColumn, Table):
    """The average length of the texts of a column.

    The value is the mean number of characters (Unicode code points; with `unit: bytes`, of UTF-8
    bytes) of the texts that are not null; there is none when all are.

    Example:
        - mean_length: {column: airport_name}
          warn: {outside: [8, 40]}

    """

    family: ClassVar[Family] = Family.TEXT
    aliases: ClassVar[tuple[str, ...]] = ("avg_length",)

    unit: Unit = "characters"

    def aggregates(self, view: View) -> Mapping[str, Aggregate]:
        """Return sum and count."""
        size = text_length(view, self.column, self.unit, asked_by="mean_length")
        return {"sum": Aggregate(size.cast(nw.Float64).sum()), "count": Aggregate(size.count())}

    def measure(self, state: Mapping[str, Any], view: View) -> Measure:  # noqa: ARG002 - the protocol's
        """Return sum over count."""
        count = state["count"] or 0
        if not count:
            return Measure(None, "no values")
        return Measure(float(state["sum"]) / count, f"{self.unit} of {count:,} values")
