"""`not_in_set`: a value is none of those listed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import narwhals.stable.v2 as nw
from pydantic import Field

from dq_monitor.checks._base import OneColumn, Row
from dq_monitor.checks._parameters import Scalar, finite
from dq_monitor.expression.comparison import is_in
from dq_monitor.expression.types import COMPARABLE, column, constant
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class NotInSet(OneColumn, Row):
    """A value is none of those listed.

    Passes where the value equals none of `values`, fails where it equals one, unknown where it is
    null. Dates and timestamps are listed as ISO texts.

    Example:
        - not_in_set: {column: tailnum, values: [UNKNOWN, N00000]}

    """

    fault: ClassVar[str] = "in forbidden set"
    shorthand: ClassVar[str] = ""
    aliases: ClassVar[tuple[str, ...]] = (
        "not_accepted_values",
        "expect_column_values_to_not_be_in_set",
        "is_not_in_list",
    )

    values: Annotated[
        tuple[Scalar, ...], Field(min_length=1, description="the values that are not allowed")
    ]

    def __post_init__(self) -> None:
        """Refuse values that nothing can equal."""
        for value in self.values:
            finite(value, "a value")

    def passes(self, view: View) -> nw.Expr:
        """Return whether the value is not in the list."""
        value = column(view, self.column, COMPARABLE, asked_by="not_in_set")
        return ~is_in(value, [constant(member) for member in self.values], view).expr
