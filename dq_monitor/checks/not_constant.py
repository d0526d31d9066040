"""`not_constant`: a column holds more than one value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import narwhals.stable.v2 as nw

from dq_monitor.checks._base import OneColumn, Table
from dq_monitor.checks._counting import count_of
from dq_monitor.expression.types import COMPARABLE, Type, column
from dq_monitor.model.check import Aggregate, Family, Measure, Measures, Merge
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class NotConstant(OneColumn, Table):
    """A column holds more than one value.

    The value is 0 where two rows differ, 1 where all rows that have a value have the same one. Null
    and NaN are left out; there is no value where fewer than two are left. A list makes one rule for
    each column.

    Example:
        - not_constant: [carrier, dep_delay]

    """

    family: ClassVar[Family] = Family.UNIQUENESS
    each: ClassVar[bool] = True
    measures: ClassVar[Measures] = Measures.VIOLATIONS

    def aggregates(self, view: View) -> Mapping[str, Aggregate]:
        """Return the least and the greatest value, and how many there are."""
        value = _sortable(view, self.column)
        return {
            "least": Aggregate(value.min(), Merge.MIN),
            "greatest": Aggregate(value.max(), Merge.MAX),
            "values": Aggregate(count_of(~value.is_null())),
        }

    def measure(self, state: Mapping[str, Any], view: View) -> Measure:  # noqa: ARG002 - the protocol's
        """Return 1 where the least is the greatest."""
        values = state["values"] or 0
        if values < 2:  # noqa: PLR2004 - one value has nothing to differ from
            return Measure(None, "fewer than two values")
        same = state["least"] == state["greatest"]
        return Measure(1.0 if same else 0.0, f"of {values:,} values")


def _sortable(view: View, name: str) -> nw.Expr:
    value = column(view, name, COMPARABLE, asked_by="not_constant")
    if value.type is Type.BOOLEAN:  # PostgreSQL has no least boolean
        no = nw.when(~value.expr).then(nw.lit(0, nw.Int64))
        return nw.when(value.expr).then(nw.lit(1, nw.Int64)).otherwise(no)
    if view.schema[name].is_decimal():
        # As floats, decimals that differ in a far digit would be the same; any order will do.
        return view.col(name).cast(nw.String)
    return value.expr
