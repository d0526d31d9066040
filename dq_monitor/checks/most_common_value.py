"""`most_common_value`: the share of rows that the most frequent value takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import narwhals.stable.v2 as nw

from dq_monitor.checks._base import Alone, OneColumn, Table
from dq_monitor.checks._occurrences import TIMES, Rows, counted, known
from dq_monitor.model.check import Family, Measure
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class MostCommonValue(OneColumn, Alone, Table):
    """The share of rows that the most frequent value takes.

    The value is the part (0 to 1) of the rows whose value is neither null nor NaN that have the
    value which most rows have: 1 when there is but one, near 0 when none stands out. There is no
    value when all are null. Which value it is, is not told.

    Example:
        - most_common_value: carrier
          warn: {over: 40%}

    """

    family: ClassVar[Family] = Family.DISTRIBUTION

    def query(
        self,
        rows: Rows,
        others: Rows | None,  # noqa: ARG002 - the protocol's
        view: View,
    ) -> Rows:
        """Return how often the most frequent value occurs, and how many rows have one."""
        values = known(rows, view, {"value": self.column}, "most_common_value")
        times = nw.col(TIMES)
        return counted(values, "value").select(most=times.max(), rows=times.sum())

    def measure(self, state: Mapping[str, Any], view: View) -> Measure:  # noqa: ARG002 - the protocol's
        """Return the share."""
        rows = int(state["rows"] or 0)
        if not rows:
            return Measure(None, "no values")
        most = int(state["most"])
        return Measure(most / rows, f"{most:,} of {rows:,} rows")
