"""`precision_scale`: a number fits a decimal type."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import narwhals.stable.v2 as nw
from pydantic import Field

from dq_monitor.checks._base import OneColumn, Row
from dq_monitor.checks._parameters import Integer
from dq_monitor.checks._tolerance import COARSE
from dq_monitor.expression.types import NUMBERS, Type, column
from dq_monitor.model.view import View

_MOST = 38
# Any integer of 64 bits fits into so many digits.
_ENOUGH = 19
# What floats of 64 and 32 bits round, of their size.
_WIDE, _NARROW = 1e-15, 1e-7


@dataclass(frozen=True, slots=True, kw_only=True)
class PrecisionScale(OneColumn, Row):
    """A number fits a decimal type.

    Passes where the value has at most `scale` digits after the point and `precision - scale` before
    it, as a column of type `decimal(precision, scale)` takes it; fails where it has more, or is
    infinite. Zeros that change nothing (leading ones, and those at the end of a fraction) do not
    count. Unknown where the value is null or NaN. Of a float the 15 digits are looked at that it
    carries, of one of 32 bits 7. A text fails unless it is a plain number such as `-1.50`.

    Example:
        - precision_scale: {column: distance, precision: 6, scale: 1}

    """

    fault: ClassVar[str] = "too many digits"
    shorthand: ClassVar[str] = ""

    precision: Annotated[Integer, Field(ge=1, le=_MOST, description="digits in all, at most")]
    scale: Annotated[Integer, Field(ge=0, description="digits after the point, at most")] = 0

    def __post_init__(self) -> None:
        """Refuse more digits after the point than there are in all."""
        if self.scale > self.precision:
            raise ValueError(f"scale {self.scale} is above precision {self.precision}")

    def passes(self, view: View) -> nw.Expr:
        """Return whether the value has no digit too many."""
        value = column(view, self.column, NUMBERS | {Type.STRING}, asked_by="precision_scale")
        before = self.precision - self.scale
        if view.schema[self.column].is_decimal():
            return _fits_as_text(view.col(self.column).cast(nw.String), before, self.scale)
        if value.type is Type.STRING:
            return _fits_as_text(value.expr, before, self.scale)
        if value.type is Type.INTEGER:
            limit = 10 ** min(before, _ENOUGH - 1) - 1
            inside = value.expr.is_between(-limit, limit)
            return inside if before < _ENOUGH else inside | ~inside
        narrow = view.schema[self.column] == nw.Float32
        number = value.expr.cast(nw.Float64)
        return _fits_as_float(number, before, self.scale, _NARROW if narrow else _WIDE)


def _fits_as_text(text: nw.Expr, before: int, after: int) -> nw.Expr:
    whole = f"[0-9]{{0,{before}}}" if before else ""
    fraction = f"[0-9]{{0,{after}}}" if after else ""
    return text.str.contains(f"^[-+]?0*{whole}([.]{fraction}0*)?$") & text.str.contains("[0-9]")


def _fits_as_float(number: nw.Expr, before: int, after: int, rounding: float) -> nw.Expr:
    inside = number.abs() < 10.0**before
    # Zero in place of null: ClickHouse casts to a whole number also what lies under a null.
    held = nw.when(inside).then(number).otherwise(nw.lit(0.0))
    moved = held * 10.0**after
    small = moved.abs() < COARSE
    whole = nw.when(small).then(moved).otherwise(nw.lit(0.0)).round()
    # Not divided: Sail cannot divide floats.
    exact = (held - whole * 10.0**-after).abs() <= held.abs() * rounding
    return inside & (exact | ~small)
