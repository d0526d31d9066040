"""`in_set`: a value is one of those listed."""

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
class InSet(OneColumn, Row):
    """A value is one of those listed.

    Passes where the value equals one of `values`, fails where it equals none, unknown where it is
    null. Dates and timestamps are listed as ISO texts.

    Example:
        - in_set: {column: origin, values: [EWR, JFK, LGA]}

    """

    fault: ClassVar[str] = "not in set"
    shorthand: ClassVar[str] = ""
    aliases: ClassVar[tuple[str, ...]] = (
        "accepted_values",
        "expect_column_values_to_be_in_set",
        "isContainedIn",
        "is_in_list",
        "is_not_null_and_is_in_list",
    )

    values: Annotated[
        tuple[Scalar, ...], Field(min_length=1, description="the values that are allowed")
    ]

    def __post_init__(self) -> None:
        """Refuse values that nothing can equal."""
        for value in self.values:
            finite(value, "a value")

    def passes(self, view: View) -> nw.Expr:
        """Return whether the value is in the list."""
        value = column(view, self.column, COMPARABLE, asked_by="in_set")
        members = [constant(member) for member in self.values]
        return is_in(value, members, view, shared_as=self.column).expr
