"""`column_lag`: one time of a row follows another within bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import narwhals.stable.v2 as nw
from pydantic import Field

from dq_monitor.checks._base import Row
from dq_monitor.checks._clock import two_times
from dq_monitor.checks._parameters import ColumnName, duration
from dq_monitor.expression.zones import moved
from dq_monitor.model.check import Family
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnLag(Row):
    """One time of a row follows another within bounds.

    Passes where `column` lies at least `at_least` and at most `at_most` after `other` (one bound is
    enough), fails where it does not, unknown where either is null. `at_least: 0s` says that it must
    not lie before. Two timestamps with a zone are held by the time that passed, others by the wall
    clock of the table's time zone; a date begins at midnight there.

    Example:
        - column_lag: {column: arr_time, other: dep_time, at_least: 20m, at_most: 20h}

    """

    fault: ClassVar[str] = "too far apart"
    family: ClassVar[Family] = Family.TIME
    aliases: ClassVar[tuple[str, ...]] = ("is_older_than_col2_for_n_days",)

    column: ColumnName
    other: Annotated[str, Field(min_length=1, description="the earlier column")]
    at_least: Annotated[
        str | None, Field(description="the shortest lag that passes: 0s, 20m, 1d")
    ] = None
    at_most: Annotated[str | None, Field(description="the longest lag that passes")] = None

    def __post_init__(self) -> None:
        """Refuse a column that follows itself, and bounds that are missing or upside down."""
        if self.column == self.other:
            raise ValueError(f"{self.column} is compared with itself: name another column")
        if self.at_least is None and self.at_most is None:
            raise ValueError("column_lag needs at_least or at_most")
        bounds = [duration(text) for text in (self.at_least, self.at_most) if text is not None]
        if bounds != sorted(bounds):
            raise ValueError(f"at_least {self.at_least} is above at_most {self.at_most}")

    def columns(self) -> tuple[str, ...]:
        """Return both columns."""
        return self.column, self.other

    def passes(self, view: View) -> nw.Expr:
        """Return whether the lag keeps its bounds."""
        later, earlier = two_times(view, self.column, self.other, asked_by="column_lag")
        sides = []
        if self.at_least is not None:
            sides.append(later >= moved(earlier, duration(self.at_least)))
        if self.at_most is not None:
            sides.append(later <= moved(earlier, duration(self.at_most)))
        return sides[0] if len(sides) == 1 else sides[0] & sides[1]
