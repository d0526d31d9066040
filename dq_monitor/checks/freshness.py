"""`freshness`: how old the newest value is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import narwhals.stable.v2 as nw

from dq_monitor.checks._base import Alone, OneColumn, Table
from dq_monitor.checks._clock import age
from dq_monitor.checks._parameters import By, distinct
from dq_monitor.checks._windows import VALUE, grouped, reduced
from dq_monitor.expression.types import TIMES, column
from dq_monitor.model.check import Aggregate, Family, Measure, Measures, Merge
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness(OneColumn, Alone, Table):
    """How old the newest value is.

    The value is the age in seconds of the newest date or timestamp at the time of the write or
    audit, negative when it lies ahead; there is none without values. With `by` it is that of the
    group whose newest value is the oldest: ask it with `scope: table`, as a group that sends
    nothing is not in the batch. Rows whose group is null or NaN are left out then. A timestamp
    without a zone is read in the table's time zone, a date begins at midnight there.

    Example:
        - freshness: {column: time_hour}
          warn: {over: 26h}
          error: {over: 50h}

    """

    family: ClassVar[Family] = Family.TIME
    measures: ClassVar[Measures] = Measures.AGE
    aliases: ClassVar[tuple[str, ...]] = (
        "recency",
        "is_data_fresh",
        "expect_grouped_row_values_to_have_recent_data",
    )

    by: By = ()

    def __post_init__(self) -> None:
        """Refuse a column that is named twice."""
        distinct(self.columns())

    def columns(self) -> tuple[str, ...]:
        """Return the group and the time."""
        return (*self.by, self.column)

    def reduces(self, view: View) -> bool:  # noqa: ARG002 - the protocol's
        """Say whether one select answers: groups need another."""
        return not self.by

    def aggregates(self, view: View) -> Mapping[str, Aggregate]:
        """Return the newest value."""
        value = column(view, self.column, TIMES, asked_by="freshness")
        return {"newest": Aggregate(value.expr.max(), Merge.MAX)}

    def query(
        self,
        rows: nw.LazyFrame[Any],
        others: nw.LazyFrame[Any] | None,  # noqa: ARG002 - the protocol's
        view: View,
    ) -> nw.LazyFrame[Any]:
        """Return the oldest of the groups' newest values."""
        value = column(view, self.column, TIMES, asked_by="freshness")
        times, groups = grouped(rows, self.by, value.expr, view)
        return reduced(times, groups, newest=nw.col(VALUE).max()).select(nw.col("newest").min())

    def measure(self, state: Mapping[str, Any], view: View) -> Measure:
        """Return the age of the newest value."""
        newest = state["newest"]
        if newest is None:
            return Measure(None, "no values")
        of = "of the most outdated group " if self.by else ""
        return Measure(age(newest, view), f"newest {of}is {newest}")
