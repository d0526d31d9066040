"""`functional_dependency`: the values of some columns decide those of others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import Field

from dq_monitor.checks._base import Alone, Set
from dq_monitor.checks._keys import Keys, ambiguous
from dq_monitor.checks._parameters import OneOrMore, distinct
from dq_monitor.model.check import Stored


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionalDependency(Alone, Set):
    """The values of some columns decide those of others.

    Passes where every row with the same `determinant` has the same `dependent`, in the batch and
    among the stored rows. Where there are two, every row of that determinant fails: nobody can tell
    which one is right. Unknown where a value is null or NaN. To find them all stored rows are read,
    of these columns.

    Example:
        - functional_dependency: {determinant: tailnum, dependent: [manufacturer, model]}

    """

    fault: ClassVar[str] = "contradiction"
    stored: ClassVar[Stored] = Stored.ALL

    determinant: Annotated[OneOrMore, Field(description="the columns that decide")]
    dependent: Annotated[OneOrMore, Field(description="the columns that are decided")]

    def __post_init__(self) -> None:
        """Refuse a column that is named twice, or on both sides."""
        distinct(self.columns())

    def columns(self) -> tuple[str, ...]:
        """Return the columns of both sides."""
        return (*self.determinant, *self.dependent)

    def failing(self, keys: Keys, others: Keys | None) -> Keys:
        """Return the keys whose determinant has two dependents."""
        return ambiguous(keys, others, self.determinant, self.dependent)
