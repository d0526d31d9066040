"""`unique_combination`: the values of several columns occur together once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dq_monitor.checks._base import Alone, Set, SeveralColumns
from dq_monitor.checks._keys import Keys, taken


@dataclass(frozen=True, slots=True, kw_only=True)
class UniqueCombination(SeveralColumns, Alone, Set):
    """The values of several columns occur together once.

    Passes where no other row has the same values in all of `columns`, neither in the batch nor
    stored; each column by itself may repeat. Every row of a repeated combination fails. Unknown
    where one of the values is null or NaN. `unique` asks the same of one column, or of several.

    Example:
        - unique_combination: [flight_date, carrier, flight, origin]

    """

    fault: ClassVar[str] = "duplicate"
    only_repeats: ClassVar[bool] = True
    aliases: ClassVar[tuple[str, ...]] = (
        "unique_combination_of_columns",
        "expect_compound_columns_to_be_unique",
    )

    def failing(self, keys: Keys, others: Keys | None) -> Keys:
        """Return the combinations that occur more than once, or that are stored already."""
        return taken(keys, others, self.names)
