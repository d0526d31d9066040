"""`finite`: a number is neither NaN nor infinite."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import narwhals.stable.v2 as nw

from dq_monitor.checks._base import OneColumn, Row
from dq_monitor.checks._tolerance import LARGEST
from dq_monitor.expression.types import NUMBERS, Value, present, require, type_of
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Finite(OneColumn, Row):
    """A number is neither NaN nor infinite.

    Passes where the value is a finite number, fails where it is NaN or infinite, unknown where it
    is null. It is the one check that tells NaN from null. Columns of integers and decimals, which
    can hold neither, pass. A list makes one rule for each column.

    Example:
        - finite: [dep_delay, air_time]

    """

    fault: ClassVar[str] = "not finite"
    each: ClassVar[bool] = True

    def passes(self, view: View) -> nw.Expr:
        """Return whether a float can reach the value: NaN is above all or equals none."""
        kind = type_of(view.schema[present(view, self.column)])
        # Not by way of the view, for which NaN is null.
        value = Value(nw.col(self.column), kind, f"column {self.column!r}")
        number = require(value, NUMBERS, "finite").expr.cast(nw.Float64)
        return number.abs() <= LARGEST
