"""`row_count`: how many rows there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import narwhals.stable.v2 as nw

from dq_monitor.checks._base import Table
from dq_monitor.model.check import Aggregate, Measure
from dq_monitor.model.statistics import Statistics
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class RowCount(Table):
    """How many rows there are.

    The value is the number of rows; 0 for an empty batch.

    Example:
        - row_count: {}
          error: {below: 1}

    """

    foretold_by: ClassVar[Statistics] = Statistics.COUNTS
    aliases: ClassVar[tuple[str, ...]] = (
        "expect_table_row_count_to_be_between",
        "expect_table_row_count_to_equal",
        "hasSize",
    )

    def columns(self) -> tuple[str, ...]:
        """Return no column."""
        return ()

    def aggregates(self, view: View) -> Mapping[str, Aggregate]:  # noqa: ARG002 - the protocol's
        """Return the count."""
        return {"rows": Aggregate(nw.len())}

    def measure(self, state: Mapping[str, Any], view: View) -> Measure:  # noqa: ARG002 - the same
        """Return the count."""
        return Measure(float(state["rows"] or 0))
