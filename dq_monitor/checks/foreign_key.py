"""`foreign_key`: a key exists in another table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import Field

from dq_monitor.checks._base import Set
from dq_monitor.checks._keys import Keys, known, missing
from dq_monitor.checks._parameters import ColumnNames, distinct
from dq_monitor.model.check import Family, Reference

Target = Annotated[str, Field(pattern=r"^.+\..+$", examples=["bronze.airports.faa"])]


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignKey(Set):
    """A key exists in another table.

    Passes where `references` (table and column, joined by a dot) holds the value of `column`, fails
    where it does not, unknown where the value is null or NaN. A key of several columns takes
    `columns` and as many references into one table, in the same order.

    Example:
        - foreign_key: {column: dest, references: bronze.airports.faa}

    """

    family: ClassVar[Family] = Family.TABLES

    references: Annotated[
        Target | Annotated[tuple[Target, ...], Field(min_length=1)],
        Field(description="the column the key must exist in, after its table and a dot"),
    ]
    column: Annotated[str | None, Field(min_length=1, description="the column that is asked")] = (
        None
    )
    key: ColumnNames = ()

    def __post_init__(self) -> None:
        """Refuse a key that does not match its references, one for one, in one table."""
        if (self.column is None) == (not self.key):
            raise ValueError("foreign_key needs either column or columns")
        distinct(self.columns())
        targets = self._targets()
        if len(targets) != len(self.columns()):
            raise ValueError(f"{len(self.columns())} columns refer to {len(targets)} columns")
        if len({target.rpartition(".")[0] for target in targets}) > 1:
            raise ValueError("the references must be columns of one table")

    def columns(self) -> tuple[str, ...]:
        """Return the columns of the key."""
        return self.key or (self.column or "",)

    def reference(self) -> Reference:
        """Return the table and its columns where the key must exist."""
        parts = [target.rpartition(".") for target in self._targets()]
        return Reference(parts[0][0], tuple(name for _, _, name in parts))

    def failing(self, keys: Keys, others: Keys | None) -> Keys:
        """Return the keys that are not among `others`; without others, all of them."""
        names = self.columns()
        batch = known(keys, names).unique(subset=list(names))
        return batch if others is None else missing(batch, known(others, names), names)

    def _targets(self) -> tuple[str, ...]:
        return (self.references,) if isinstance(self.references, str) else self.references
