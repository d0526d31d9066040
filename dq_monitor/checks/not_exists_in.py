"""`not_exists_in`: a key does not exist in another table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from dq_monitor.checks._base import Set
from dq_monitor.checks._elsewhere import KeyElsewhere
from dq_monitor.checks._keys import Keys, found, known
from dq_monitor.model.check import Family


@dataclass(frozen=True, slots=True, kw_only=True)
class NotExistsIn(KeyElsewhere, Set):
    """A key does not exist in another table.

    The opposite of `foreign_key`, for lists of what must not come in: passes where `references`
    (table and column, joined by a dot) does not hold the value of `column`, fails where it does,
    unknown where the value is null or NaN. A key of several columns takes `columns` and as many
    references into one table, in the same order.

    Example:
        - not_exists_in: {column: tailnum, references: bronze.retired_planes.tailnum}

    """

    fault: ClassVar[str] = "match"
    family: ClassVar[Family] = Family.TABLES
    aliases: ClassVar[tuple[str, ...]] = ("must_not_exist_in",)

    def failing(self, keys: Keys, others: Keys | None) -> Keys:
        """Return the keys that are among `others`; without others, none of them."""
        names = self.columns()
        batch = known(keys, names).unique(subset=list(names))
        return batch.head(0) if others is None else found(batch, known(others, names), names)
