"""`older_than`: a date or timestamp lies back by more than a duration."""

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
class OlderThan(OneColumn, Row):
    """A date or timestamp lies back by more than a duration.

    Passes where the value lies more than `duration` before the time of the write, fails where it is
    younger or lies ahead, unknown where it is null. A timestamp without a zone is read in the
    table's time zone, a date begins at midnight there. Days and weeks go back on the wall clock of
    that zone.

    Example:
        - older_than: {column: flight_date, duration: 1d}

    """

    fault: ClassVar[str] = "too new"
    family: ClassVar[Family] = Family.TIME
    shorthand: ClassVar[str] = ""
    aliases: ClassVar[tuple[str, ...]] = ("is_older_than_n_days",)

    duration: Annotated[str, Field(description="the age that does not pass yet: 90m, 26h, 7d")]

    def __post_init__(self) -> None:
        """Refuse what is no duration."""
        duration(self.duration)

    def passes(self, view: View) -> nw.Expr:
        """Return whether the value is before the moment that lies the duration back."""
        value = column(view, self.column, TIMES, asked_by="older_than")
        return compare("<", value, constant(ago(self.duration, view)), view).expr
