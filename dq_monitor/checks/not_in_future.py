"""`not_in_future`: a date or timestamp has happened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar
from zoneinfo import ZoneInfo

import narwhals.stable.v2 as nw
from pydantic import Field

from dq_monitor.checks._base import OneColumn, Row
from dq_monitor.checks._parameters import duration
from dq_monitor.expression.comparison import compare
from dq_monitor.expression.types import TIMES, Type, column, constant
from dq_monitor.model.check import Family
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class NotInFuture(OneColumn, Row):
    """A date or timestamp has happened.

    Passes where the value is not after the time of the write (plus `tolerance`), fails where it is,
    unknown where it is null. A timestamp without a zone is read in the table's time zone; a date is
    in the future once it is after today there.

    Example:
        - not_in_future: {column: time_hour, tolerance: 1h}

    """

    fault: ClassVar[str] = "in the future"
    family: ClassVar[Family] = Family.TIME
    each: ClassVar[bool] = True
    aliases: ClassVar[tuple[str, ...]] = ("is_not_in_future",)

    tolerance: Annotated[str, Field(description="how far ahead still passes: 5m, 1h, 2d")] = "0s"

    def __post_init__(self) -> None:
        """Refuse a tolerance that is no duration."""
        duration(self.tolerance)

    def passes(self, view: View) -> nw.Expr:
        """Return whether the value is at or before the write's own time."""
        value = column(view, self.column, TIMES, asked_by="not_in_future")
        latest = view.now + duration(self.tolerance)
        if value.type is Type.DATE:
            today = latest.astimezone(ZoneInfo(view.timezone)).date()
            return value.expr <= nw.lit(today)
        return compare("<=", value, constant(latest), view).expr
