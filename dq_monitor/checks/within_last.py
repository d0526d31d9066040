"""`within_last`: a date or timestamp is not older than a duration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import narwhals.stable.v2 as nw
from pydantic import Field

from dq_monitor.checks._base import OneColumn, Row
from dq_monitor.checks._clock import ago
from dq_monitor.checks._parameters import duration
from dq_monitor.expression.comparison import compare
from dq_monitor.expression.types import TIMES, column, constant
from dq_monitor.model.check import Family
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class WithinLast(OneColumn, Row):
    """A date or timestamp is not older than a duration.

    Passes where the value lies at most `duration` before the time of the write, or after it, fails
    where it is older, unknown where it is null. A timestamp without a zone is read in the table's
    time zone, a date begins at midnight there. Days and weeks go back on the wall clock of that
    zone, so a change of the clocks makes nothing an hour too old.

    Example:
        - within_last: {column: time_hour, duration: 7d}

    """

    fault: ClassVar[str] = "too old"
    family: ClassVar[Family] = Family.TIME
    shorthand: ClassVar[str] = ""

    duration: Annotated[str, Field(description="the age that still passes: 90m, 26h, 7d")]

    def __post_init__(self) -> None:
        """Refuse what is no duration."""
        duration(self.duration)

    def passes(self, view: View) -> nw.Expr:
        """Return whether the value is at or after the earliest moment that passes."""
        value = column(view, self.column, TIMES, asked_by="within_last")
        return compare(">=", value, constant(ago(self.duration, view)), view).expr
