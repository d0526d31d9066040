"""`null_together`: several columns have a value, or none of them has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import narwhals.stable.v2 as nw

from dq_monitor.checks._base import Row, SeveralColumns
from dq_monitor.expression.types import column
from dq_monitor.model.check import Family
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class NullTogether(SeveralColumns, Row):
    """Several columns have a value, or none of them has.

    Passes where all of `columns` have a value and where all are null or NaN, fails where some have
    one and some have not. The answer is never unknown.

    Example:
        - null_together: [arr_time, arr_delay, air_time]

    """

    fault: ClassVar[str] = "null"
    family: ClassVar[Family] = Family.COMPLETENESS

    def passes(self, view: View) -> nw.Expr:
        """Return whether all are missing or none is."""
        missing = [column(view, name).expr.is_null() for name in self.names]
        all_missing = nw.all_horizontal(*missing, ignore_nulls=False)
        return all_missing | ~nw.any_horizontal(*missing, ignore_nulls=False)
