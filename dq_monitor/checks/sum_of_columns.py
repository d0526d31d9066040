"""`sum_of_columns`: several columns add up to another one, or to a number."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from functools import reduce
from typing import Annotated, ClassVar

import narwhals.stable.v2 as nw
from pydantic import Field, Strict

from dq_monitor.checks._base import Row, SeveralColumns
from dq_monitor.checks._parameters import Number, distinct, finite
from dq_monitor.checks._tolerance import within
from dq_monitor.expression.types import NUMBERS, column
from dq_monitor.model.view import View

# A few times what rounding makes of a sum of floats: 0.1 + 0.2 is 0.3.
_ROUNDING = 1e-14


@dataclass(frozen=True, slots=True, kw_only=True)
class SumOfColumns(SeveralColumns, Row):
    """Several columns add up to another one, or to a number.

    Passes where the sum of `columns` differs from `equals` (a column's name, or a number) by no
    more than `tolerance`, fails where it differs by more, unknown where one of the values is null
    or NaN. It is counted in floats of 64 bits, and what these round is no difference.

    Example:
        - sum_of_columns: {columns: [air_time, taxi_time], equals: elapsed_time, tolerance: 1}

    """

    fault: ClassVar[str] = "sum differs"
    shorthand: ClassVar[str] = ""
    aliases: ClassVar[tuple[str, ...]] = ("expect_multicolumn_sum_to_equal",)

    equals: Annotated[
        Number | Annotated[str, Strict(), Field(min_length=1)],
        Field(description="what they add up to: a column's name, or a number"),
    ]
    tolerance: Annotated[Number, Field(ge=0, description="the difference that still passes")] = 0

    def __post_init__(self) -> None:
        """Refuse a column that is named twice, and numbers that no sum can reach."""
        distinct(self.columns())
        finite(self.equals, "equals")
        finite(self.tolerance, "tolerance")

    def columns(self) -> tuple[str, ...]:
        """Return the columns, and the one that they add up to."""
        return (*self.names, self.equals) if isinstance(self.equals, str) else self.names

    def passes(self, view: View) -> nw.Expr:
        """Return whether the sum is what it should be."""
        parts = [_float(view, name) for name in self.names]
        sum_ = reduce(operator.add, parts)
        total = (
            _float(view, self.equals)
            if isinstance(self.equals, str)
            else nw.lit(float(self.equals))
        )
        size = reduce(operator.add, (part.abs() for part in [*parts, total]))
        allowed = size * _ROUNDING + float(self.tolerance)
        # Both infinities add up to no number.
        return nw.when(~sum_.is_nan()).then(within(sum_, total, allowed))


def _float(view: View, name: str) -> nw.Expr:
    return column(view, name, NUMBERS, asked_by="sum_of_columns").expr.cast(nw.Float64)
