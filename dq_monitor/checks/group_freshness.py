"""`group_freshness`: how old the newest value of the most outdated group is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import narwhals.stable.v2 as nw
from pydantic import Field

from dq_monitor.checks._base import Alone, Table
from dq_monitor.checks._clock import age
from dq_monitor.checks._parameters import ColumnName, OneOrMore, distinct
from dq_monitor.checks._windows import VALUE, grouped, reduced
from dq_monitor.expression.types import TIMES, column
from dq_monitor.model.check import Family, Measure, Measures, View


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupFreshness(Alone, Table):
    """How old the newest value of the most outdated group is.

    The value is the age in seconds of the newest date or timestamp of the group of `by` for which
    it is the oldest, at the time of the write or audit; there is none without values. Ask it with
    `scope: table`, as a group that sends nothing is not in the batch. Rows whose time or group is
    null are left out. A timestamp without a zone is read in the table's time zone, a date begins at
    midnight there.

    Example:
        - group_freshness: {column: time_hour, by: [origin]}
          scope: table
          error: {over: 50h}

    """

    family: ClassVar[Family] = Family.TIME
    measures: ClassVar[Measures] = Measures.AGE
    aliases: ClassVar[tuple[str, ...]] = ("expect_grouped_row_values_to_have_recent_data",)

    column: ColumnName
    by: Annotated[OneOrMore, Field(description="the columns that make a group")]

    def __post_init__(self) -> None:
        """Refuse a column that is named twice."""
        distinct(self.columns())

    def columns(self) -> tuple[str, ...]:
        """Return the group and the time."""
        return (*self.by, self.column)

    def query(
        self,
        rows: nw.LazyFrame[Any],
        others: nw.LazyFrame[Any] | None,  # noqa: ARG002 - the protocol's
        view: View,
    ) -> nw.LazyFrame[Any]:
        """Return the oldest of the groups' newest values, and how many groups there are."""
        value = column(view, self.column, TIMES, asked_by="group_freshness")
        times, groups = grouped(rows, self.by, value.expr, view)
        newest = reduced(times, groups, newest=nw.col(VALUE).max())
        return newest.select(nw.col("newest").min(), nw.len().alias("groups"))

    def measure(self, state: Mapping[str, Any], view: View) -> Measure:
        """Return the age of the oldest."""
        newest = state["newest"]
        if newest is None:
            return Measure(None, "no values")
        return Measure(age(newest, view), f"the oldest of {state['groups']:,} groups")
