"""`duplicate_share`: the share of rows whose key occurs again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from dq_monitor.checks._base import Alone, KeyColumns, Table
from dq_monitor.checks._groups import Rows, tallied, tally
from dq_monitor.model.check import Family, Measure
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicateShare(KeyColumns, Alone, Table):
    """The share of rows whose key occurs again.

    The value is the part (0 to 1) of the rows whose values in `columns` another row has too, among
    the rows that have a key: three rows that are alike count as three. It is the share of the batch
    that `unique` would fail, as a number to bound and to watch. Rows whose key has a null or NaN
    part are left out; there is no value when all are.

    Example:
        - duplicate_share: [tailnum, time_hour]
          warn: {over: 0.1%}

    """

    family: ClassVar[Family] = Family.UNIQUENESS
    aliases: ClassVar[tuple[str, ...]] = (
        "duplicate_percent",
        "duplicate_count",
        "hasUniqueness",
    )

    def query(self, rows: Rows, others: Rows | None, view: View) -> Rows:  # noqa: ARG002 - the protocol's
        """Return how often the keys occur, summed up."""
        return tallied(rows, self.key, view)

    def measure(self, state: Mapping[str, Any], view: View) -> Measure:  # noqa: ARG002 - the protocol's
        """Return the share of the rows that repeat a key."""
        seen = tally(state)
        note = f"{seen.repeating:,} of {seen.rows:,} rows"
        return Measure(seen.repeating / seen.rows if seen.rows else None, note)
