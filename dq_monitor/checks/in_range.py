"""`in_range`: a number, date or timestamp lies between two bounds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

import narwhals.stable.v2 as nw
from pydantic import Field

from dq_monitor.checks._base import OneColumn, Row
from dq_monitor.checks._bounds import Bound, bound_value, check_bounds
from dq_monitor.checks._parameters import Flag
from dq_monitor.expression.comparison import compare
from dq_monitor.expression.types import NUMBERS, TIMES, column
from dq_monitor.model.statistics import Statistics
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class InRange(OneColumn, Row):
    """A number, date or timestamp lies between two bounds.

    Passes where `min <= value <= max`, fails outside, unknown where the value is null or NaN. One
    bound is enough. `exclusive_min` and `exclusive_max` leave the bound itself out. Dates and
    timestamps are written as ISO texts; without a zone they are read in the table's time zone.

    Example:
        - in_range: {column: dep_delay, min: -120, max: 1440}

    """

    fault: ClassVar[str] = "out of range"
    shorthand: ClassVar[str] = ""
    foretold_by: ClassVar[Statistics] = Statistics.EXTREMES
    aliases: ClassVar[tuple[str, ...]] = (
        "accepted_range",
        "expect_column_values_to_be_between",
        "is_in_range",
    )

    min: Annotated[Bound | None, Field(description="the smallest value that passes")] = None
    max: Annotated[Bound | None, Field(description="the largest value that passes")] = None
    exclusive_min: Annotated[Flag, Field(description="`min` itself fails")] = False
    exclusive_max: Annotated[Flag, Field(description="`max` itself fails")] = False

    def __post_init__(self) -> None:
        """Refuse bounds that are missing, not finite, or that nothing lies between."""
        if self.min is None and self.max is None:
            raise ValueError("in_range needs min or max")
        check_bounds(self.min, self.max, strict=self.exclusive_min or self.exclusive_max)

    def passes(self, view: View) -> nw.Expr:
        """Return whether the value keeps both bounds."""
        kept = list(self._kept(view).values())
        return kept[0] if len(kept) == 1 else kept[0] & kept[1]

    def sides(self, view: View) -> Mapping[str, nw.Expr]:
        """Return where the value is too low, and where too high."""
        return {fault: ~kept for fault, kept in self._kept(view).items()}

    def _kept(self, view: View) -> dict[str, nw.Expr]:
        """Return by what a value is that breaks a bound where it keeps that bound."""
        value = column(view, self.column, NUMBERS | TIMES, asked_by="in_range")
        bounds = {
            "too low": (">" if self.exclusive_min else ">=", self.min),
            "too high": ("<" if self.exclusive_max else "<=", self.max),
        }
        return {
            fault: compare(op, value, bound_value(bound), view).expr
            for fault, (op, bound) in bounds.items()
            if bound is not None
        }
