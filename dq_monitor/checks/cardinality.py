"""`cardinality`: how many values of one column belong to one of another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import narwhals.stable.v2 as nw
from pydantic import Field

from dq_monitor.checks._base import Alone, Set
from dq_monitor.checks._keys import Keys, ambiguous
from dq_monitor.checks._parameters import ColumnName, distinct
from dq_monitor.model.check import Stored


@dataclass(frozen=True, slots=True, kw_only=True)
class Cardinality(Alone, Set):
    """How many values of one column belong to one of another.

    With `1:1` each value of `column` has one value of `other`, and the other way round. With `n:1`
    several values of `column` may share one of `other`, but each has one only; with `1:n` each
    value of `other` has one of `column` only. Every row of a value that has two fails, whether they
    are in the batch or stored. Unknown where a value is null or NaN. To find them all stored rows
    are read, of these two columns.

    Example:
        - cardinality: {column: carrier, other: name, relation: "1:1"}

    """

    fault: ClassVar[str] = "too many partners"
    stored: ClassVar[Stored] = Stored.ALL

    column: ColumnName
    other: Annotated[str, Field(min_length=1, description="the column it is paired with")]
    relation: Annotated[
        Literal["1:1", "1:n", "n:1"], Field(description="values of `column` : values of `other`")
    ] = "1:1"

    def __post_init__(self) -> None:
        """Refuse a column paired with itself."""
        distinct(self.columns())

    def columns(self) -> tuple[str, ...]:
        """Return both columns."""
        return self.column, self.other

    def failing(self, keys: Keys, others: Keys | None) -> Keys:
        """Return the pairs of a value that has two counterparts."""
        one, other = (self.column,), (self.other,)
        found = []
        if self.relation in {"1:1", "n:1"}:
            found.append(ambiguous(keys, others, one, other).select(*self.columns()))
        if self.relation in {"1:1", "1:n"}:
            found.append(ambiguous(keys, others, other, one).select(*self.columns()))
        return found[0] if len(found) == 1 else nw.concat(found).unique(subset=list(self.columns()))
