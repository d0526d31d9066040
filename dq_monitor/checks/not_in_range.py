"""`not_in_range`: a number, date or timestamp lies outside two bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import narwhals.stable.v2 as nw
from pydantic import Field

from dq_monitor.checks._base import OneColumn, Row
from dq_monitor.checks._bounds import Bound, bound_value, check_bounds
from dq_monitor.checks._parameters import Flag
from dq_monitor.expression.comparison import compare
from dq_monitor.expression.types import NUMBERS, TIMES, column
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class NotInRange(OneColumn, Row):
    """A number, date or timestamp lies outside two bounds.

    Passes where `value < min` or `value > max`, fails between them and on them, unknown where the
    value is null or NaN. With `exclusive_min` and `exclusive_max` the bound itself passes. Dates
    and timestamps are written as ISO texts; without a zone they are read in the table's time zone.

    Example:
        - not_in_range: {column: dep_delay, min: 1440, max: 9999}

    """

    fault: ClassVar[str] = "in forbidden range"
    shorthand: ClassVar[str] = ""
    aliases: ClassVar[tuple[str, ...]] = ("is_not_in_range",)

    min: Annotated[Bound, Field(description="the smallest value that fails")]
    max: Annotated[Bound, Field(description="the largest value that fails")]
    exclusive_min: Annotated[Flag, Field(description="`min` itself passes")] = False
    exclusive_max: Annotated[Flag, Field(description="`max` itself passes")] = False

    def __post_init__(self) -> None:
        """Refuse bounds that are not finite, or that nothing lies between."""
        check_bounds(self.min, self.max, strict=self.exclusive_min or self.exclusive_max)

    def passes(self, view: View) -> nw.Expr:
        """Return whether the value lies beyond a bound."""
        value = column(view, self.column, NUMBERS | TIMES, asked_by="not_in_range")
        low, high = bound_value(self.min), bound_value(self.max)
        below = compare("<=" if self.exclusive_min else "<", value, low, view).expr
        return below | compare(">=" if self.exclusive_max else ">", value, high, view).expr
