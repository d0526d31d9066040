"""`compare`: a value stands in a relation to a fixed one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import narwhals.stable.v2 as nw
from pydantic import Field

from dq_monitor.checks._base import OneColumn, Row
from dq_monitor.checks._parameters import Scalar, finite
from dq_monitor.checks._relations import Relation, sql
from dq_monitor.expression import comparison
from dq_monitor.expression.types import COMPARABLE, column, constant
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Compare(OneColumn, Row):
    """A value stands in a relation to a fixed one.

    Passes where `column op value` holds, fails where it does not, unknown where the column is null
    or NaN. Dates and timestamps are written as ISO texts; without a zone they are read in the
    table's time zone. True and false can only be equal or not.

    Example:
        - compare: {column: air_time, op: ">", value: 0}

    """

    fault: ClassVar[str] = "comparison fails"
    shorthand: ClassVar[str] = ""
    aliases: ClassVar[tuple[str, ...]] = (
        "is_equal_to",
        "is_not_equal_to",
        "is_not_less_than",
        "is_not_greater_than",
        "isNonNegative",
        "isPositive",
    )

    op: Relation
    value: Annotated[Scalar, Field(description="what the column is held against")]

    def __post_init__(self) -> None:
        """Refuse a value with which nothing can be compared."""
        finite(self.value, "value")

    def passes(self, view: View) -> nw.Expr:
        """Return whether the relation holds."""
        left = column(view, self.column, COMPARABLE, asked_by="compare")
        return comparison.compare(sql(self.op), left, constant(self.value), view).expr
