"""`multiple_of`: a number is a whole multiple of another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import narwhals.stable.v2 as nw
from pydantic import Field

from dq_monitor.checks._base import OneColumn, Row
from dq_monitor.checks._parameters import Number, finite
from dq_monitor.checks._tolerance import COARSE, LARGEST
from dq_monitor.expression.types import NUMBERS, Type, column
from dq_monitor.model.view import View

# A few times what rounding makes of a product of floats: 3 times 0.1 is 0.3.
_ROUNDING = 1e-15


@dataclass(frozen=True, slots=True, kw_only=True)
class MultipleOf(OneColumn, Row):
    """A number is a whole multiple of another.

    Passes where the value is 0 or a positive or negative multiple of `step`, fails where it is not
    or where it is infinite, unknown where it is null or NaN. Of numbers with a fraction, those
    within `tolerance` of a multiple pass; what floats round is no difference.

    Example:
        - multiple_of: {column: sched_dep_time, step: 5}

    """

    fault: ClassVar[str] = "no multiple"
    shorthand: ClassVar[str] = ""

    step: Annotated[Number, Field(gt=0, description="what it is a multiple of")]
    tolerance: Annotated[Number, Field(ge=0, description="how far off still passes")] = 0

    def __post_init__(self) -> None:
        """Refuse numbers that are not finite, and a tolerance with which everything passes."""
        finite(self.step, "step")
        finite(self.tolerance, "tolerance")
        if self.tolerance * 2 >= self.step:
            raise ValueError(f"tolerance {self.tolerance} is half of step or more: all would pass")

    def passes(self, view: View) -> nw.Expr:
        """Return whether nothing is left over."""
        value = column(view, self.column, NUMBERS, asked_by="multiple_of")
        if value.type is Type.INTEGER and isinstance(self.step, int) and not self.tolerance:
            # 64 bits, for a step beyond the column's own.
            wide = view.schema[self.column] == nw.UInt64
            return (value.expr if wide else value.expr.cast(nw.Int64)) % self.step == 0
        return _is_multiple(value.expr.cast(nw.Float64), float(self.step), float(self.tolerance))


def _is_multiple(number: nw.Expr, step: float, tolerance: float) -> nw.Expr:
    # Beyond, floats are too coarse to be none.
    small = number.abs() < min(COARSE * step, LARGEST)
    # Zero in place of null: ClickHouse casts to a whole number also what lies under a null.
    held = nw.when(small).then(number).otherwise(nw.lit(0.0))
    # Not divided: Sail cannot divide floats.
    off = (held - (held * (1 / step)).round() * step).abs()
    return (number.abs() <= LARGEST) & ((off <= held.abs() * _ROUNDING + tolerance) | ~small)
