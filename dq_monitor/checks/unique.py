"""`unique`: a key occurs once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import narwhals.stable.v2 as nw

from dq_monitor.checks._base import Set
from dq_monitor.checks._keys import Keys, found, known, repeated
from dq_monitor.checks._parameters import ColumnNames, distinct
from dq_monitor.model.check import Reference


@dataclass(frozen=True, slots=True, kw_only=True)
class Unique(Set):
    """A key occurs once.

    Passes where no other row has the same values in `columns`, neither in the batch nor stored.
    Every row of a repeated key fails. Unknown where a part of the key is null or NaN.

    Example:
        - unique: [flight_date, carrier, flight, origin]

    """

    shorthand: ClassVar[str] = "columns"
    only_repeats: ClassVar[bool] = True
    aliases: ClassVar[tuple[str, ...]] = (
        "unique_combination_of_columns",
        "expect_column_values_to_be_unique",
        "expect_compound_columns_to_be_unique",
        "isUnique",
        "isPrimaryKey",
        "areUnique",
        "is_unique",
    )

    key: ColumnNames

    def __post_init__(self) -> None:
        """Refuse a column that is named twice."""
        distinct(self.key)

    def columns(self) -> tuple[str, ...]:
        """Return the columns of the key."""
        return self.key

    def reference(self) -> Reference | None:
        """Return nothing: the other keys are those of the table itself."""
        return None

    def failing(self, keys: Keys, others: Keys | None) -> Keys:
        """Return the keys that occur more than once, or that are stored already."""
        batch = known(keys, self.key)
        twice = repeated(batch, self.key)
        if others is None:
            return twice
        stored = found(batch, known(others, self.key), self.key)
        return nw.concat([twice, stored]).unique(subset=list(self.key))
