"""`primary_key`: a key is there, and occurs once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dq_monitor.checks._base import Alone, KeyColumns, Set
from dq_monitor.checks._keys import Keys, taken


@dataclass(frozen=True, slots=True, kw_only=True)
class PrimaryKey(KeyColumns, Alone, Set):
    """A key is there, and occurs once.

    Passes where all of `columns` have a value and no other row has the same ones, neither in the
    batch nor stored. Every row of a repeated key fails, and so does a row whose key has a null or
    NaN part, unless the rule's `nulls` says otherwise.

    Example:
        - primary_key: [flight_date, carrier, flight, origin]

    """

    fault: ClassVar[str] = "duplicate"
    null_keys: ClassVar[str] = "fail"
    only_repeats: ClassVar[bool] = True
    aliases: ClassVar[tuple[str, ...]] = ("isPrimaryKey", "is_primary_key", "rows_distinct")

    def failing(self, keys: Keys, others: Keys | None) -> Keys:
        """Return the keys that occur more than once, or that are stored already."""
        return taken(keys, others, self.key)
