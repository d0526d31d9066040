"""`any_not_null`: at least one of several columns has a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import narwhals.stable.v2 as nw

from dq_monitor.checks._base import Row, SeveralColumns
from dq_monitor.expression.types import column
from dq_monitor.model.check import Family
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyNotNull(SeveralColumns, Row):
    """At least one of several columns has a value.

    Passes where one of `columns` has a value, fails where all are null or NaN. The answer is never
    unknown.

    Example:
        - any_not_null: [dep_time, sched_dep_time]

    """

    fault: ClassVar[str] = "null"
    family: ClassVar[Family] = Family.COMPLETENESS
    aliases: ClassVar[tuple[str, ...]] = ("areAnyComplete", "haveAnyCompleteness")

    def passes(self, view: View) -> nw.Expr:
        """Return whether one is there."""
        there = [~column(view, name).expr.is_null() for name in self.names]
        return nw.any_horizontal(*there, ignore_nulls=False)
