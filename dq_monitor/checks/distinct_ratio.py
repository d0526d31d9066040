"""`distinct_ratio`: how many different values there are for each row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from dq_monitor.checks._base import Alone, KeyColumns, Table
from dq_monitor.checks._groups import Rows, tallied, tally
from dq_monitor.model.check import Family, Measure
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class DistinctRatio(KeyColumns, Alone, Table):
    """How many different values there are for each row.

    The value is the number of different values (of one column, or combinations of several) over the
    number of rows that have one: 1 when none repeats, near 0 when few values repeat all the time.
    Null and NaN are left out; there is no value when all are.

    Example:
        - distinct_ratio: tailnum
          warn: {below: 0.5%}

    """

    family: ClassVar[Family] = Family.UNIQUENESS
    aliases: ClassVar[tuple[str, ...]] = (
        "expect_column_proportion_of_unique_values_to_be_between",
        "hasDistinctness",
    )

    def query(self, rows: Rows, others: Rows | None, view: View) -> Rows:  # noqa: ARG002 - the protocol's
        """Return how often the keys occur, summed up."""
        return tallied(rows, self.key, view)

    def measure(self, state: Mapping[str, Any], view: View) -> Measure:  # noqa: ARG002 - the protocol's
        """Return keys over rows."""
        seen = tally(state)
        note = f"{seen.keys:,} in {seen.rows:,} rows"
        return Measure(seen.keys / seen.rows if seen.rows else None, note)
