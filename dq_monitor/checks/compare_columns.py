"""`compare_columns`: two columns of a row stand in a relation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import narwhals.stable.v2 as nw
from pydantic import Field

from dq_monitor.checks._base import Row
from dq_monitor.checks._parameters import ColumnName
from dq_monitor.checks._relations import Relation, sql
from dq_monitor.checks._tolerance import Tolerance, check_tolerance, near
from dq_monitor.expression.comparison import compare
from dq_monitor.expression.types import COMPARABLE, NUMBERS, column, require
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareColumns(Row):
    """Two columns of a row stand in a relation.

    Passes where `column op other` holds, fails where it does not, unknown where either is null or
    NaN. With a `tolerance` numbers that differ by no more than that count as equal: `=`, `<=`, `<`,
    `>=` and `>` then pass, `<>` fails.

    Example:
        - compare_columns: {column: sched_arr_time, op: ">=", other: sched_dep_time}

    """

    fault: ClassVar[str] = "comparison fails"
    aliases: ClassVar[tuple[str, ...]] = (
        "expect_column_pair_values_to_be_equal",
        "expect_column_pair_values_a_to_be_greater_than_b",
        "isLessThan",
        "isLessThanOrEqualTo",
        "isGreaterThan",
        "isGreaterThanOrEqualTo",
    )

    column: ColumnName
    op: Relation
    other: Annotated[str, Field(min_length=1, description="the column it is held against")]
    tolerance: Tolerance = 0

    def __post_init__(self) -> None:
        """Refuse a column compared with itself."""
        if self.column == self.other:
            raise ValueError(f"{self.column} is compared with itself")
        check_tolerance(self.tolerance)

    def columns(self) -> tuple[str, ...]:
        """Return both columns."""
        return self.column, self.other

    def passes(self, view: View) -> nw.Expr:
        """Return whether the relation holds."""
        op = sql(self.op)
        left, right = (
            column(view, name, COMPARABLE, asked_by="compare_columns") for name in self.columns()
        )
        holds = compare(op, left, right, view).expr
        if not self.tolerance:
            return holds
        numbers = [require(side, NUMBERS, "a tolerance").expr for side in (left, right)]
        close = near(self.tolerance, *(number.cast(nw.Float64) for number in numbers))
        if op == "=":
            return close
        return ~close if op == "<>" else holds | close
