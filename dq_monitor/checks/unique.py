"""`unique`: a key occurs once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dq_monitor.checks._base import Alone, KeyColumns, Set
from dq_monitor.checks._keys import Keys, taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Unique(KeyColumns, Alone, Set):
    """A key occurs once.

    Passes where no other row has the same values in `columns`, neither in the batch nor stored.
    Every row of a repeated key fails. Unknown where a part of the key is null or NaN.

    Example:
        - unique: [flight_date, carrier, flight, origin]

    """

    fault: ClassVar[str] = "duplicate"
    only_repeats: ClassVar[bool] = True
    aliases: ClassVar[tuple[str, ...]] = (
        "expect_column_values_to_be_unique",
        "is_unique",
        "isUnique",
    )

    def failing(self, keys: Keys, others: Keys | None) -> Keys:
        """Return the keys that occur more than once, or that are stored already."""
        return taken(keys, others, self.key)
