"""`distinct_count`: how many different values there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from dq_monitor.checks._base import Alone, KeyColumns, Table
from dq_monitor.checks._groups import Rows, tallied, tally
from dq_monitor.model.check import Family, Measure
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class DistinctCount(KeyColumns, Alone, Table):
    """How many different values there are.

    The value is the number of different values of a column, or of different combinations of several
    columns; 0 without rows. Null and NaN are no values, and a combination with one of them is none.

    Example:
        - distinct_count: carrier
          error: {outside: [10, 20]}

    """

    family: ClassVar[Family] = Family.UNIQUENESS
    aliases: ClassVar[tuple[str, ...]] = (
        "expect_column_unique_value_count_to_be_between",
        "hasNumberOfDistinctValues",
        "distinct_values_count",
    )

    def query(self, rows: Rows, others: Rows | None, view: View) -> Rows:  # noqa: ARG002 - the protocol's
        """Return how often the keys occur, summed up."""
        return tallied(rows, self.key, view)

    def measure(self, state: Mapping[str, Any], view: View) -> Measure:  # noqa: ARG002 - the protocol's
        """Return the number of keys."""
        seen = tally(state)
        return Measure(float(seen.keys), f"in {seen.rows:,} rows")
