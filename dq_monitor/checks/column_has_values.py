"""`column_has_values`: a column is filled at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import narwhals.stable.v2 as nw

from dq_monitor.checks._base import OneColumn, Table
from dq_monitor.checks._counting import count_of
from dq_monitor.expression.types import Type, column
from dq_monitor.model.check import Aggregate, Family, Measure, Measures
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnHasValues(OneColumn, Table):
    """A column is filled at all.

    The value is 0 where at least one row has a value, 1 where every row is null, NaN or an empty
    text; there is none without rows. It finds the column that a source stopped to deliver, where a
    few nulls are nothing to speak of. A list makes one rule for each column.

    Example:
        - column_has_values: [tailnum, air_time]

    """

    family: ClassVar[Family] = Family.COMPLETENESS
    each: ClassVar[bool] = True
    measures: ClassVar[Measures] = Measures.VIOLATIONS
    aliases: ClassVar[tuple[str, ...]] = ("at_least_one",)

    def aggregates(self, view: View) -> Mapping[str, Aggregate]:
        """Return how many rows have a value, and how many there are."""
        value = column(view, self.column)
        filled = value.expr != "" if value.type is Type.STRING else ~value.expr.is_null()
        return {"filled": Aggregate(count_of(filled)), "rows": Aggregate(nw.len())}

    def measure(self, state: Mapping[str, Any], view: View) -> Measure:  # noqa: ARG002 - the protocol's
        """Return 1 for a column without a value."""
        filled, rows = state["filled"] or 0, state["rows"] or 0
        if not rows:
            return Measure(None, "no rows")
        return Measure(0.0 if filled else 1.0, f"{filled:,} of {rows:,} rows have a value")
