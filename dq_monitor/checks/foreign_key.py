"""`foreign_key`: a key exists in another table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dq_monitor.checks._base import Set
from dq_monitor.checks._elsewhere import KeyElsewhere
from dq_monitor.checks._keys import Keys, known, missing
from dq_monitor.model.check import Family


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignKey(KeyElsewhere, Set):
    """A key exists in another table.

    Passes where `references` (table and column, joined by a dot) holds the value of `column`, fails
    where it does not, unknown where the value is null or NaN. A key of several columns takes
    `columns` and as many references into one table, in the same order.

    Example:
        - foreign_key: {column: dest, references: bronze.airports.faa}

    """

    fault: ClassVar[str] = "no match"
    family: ClassVar[Family] = Family.TABLES

    def failing(self, keys: Keys, others: Keys | None) -> Keys:
        """Return the keys that are not among `others`; without others, all of them."""
        names = self.columns()
        batch = known(keys, names).unique(subset=list(names))
        return batch if others is None else missing(batch, known(others, names), names)
