"""`row_count_match`: there are as many rows as in another table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import narwhals.stable.v2 as nw
from pydantic import Field

from dq_monitor.checks._base import Table
from dq_monitor.checks._elsewhere import OtherWhere, Rows, TableName, check_condition, chosen
from dq_monitor.checks._parameters import Number, finite
from dq_monitor.checks._tolerance import Tolerance, check_tolerance, tolerated
from dq_monitor.model.check import Family, Measure, Measures, Reference
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class RowCountMatch(Table):
    """There are as many rows as in another table.

    The value is the difference of the two counts, 0 while it lies within `tolerance`. `factor` says
    how many rows there should be for each row there; `mode` counts only those that are too many
    (`at_most`) or too few (`at_least`). `other_where` chooses rows of the other table, `where`
    those of this one. A batch is compared unless the rule says `scope: table`.

    Example:
        - row_count_match: {table: bronze.flights, tolerance: 1%}
          scope: table

    """

    family: ClassVar[Family] = Family.TABLES
    shorthand: ClassVar[str] = "table"
    measures: ClassVar[Measures] = Measures.VIOLATIONS
    aliases: ClassVar[tuple[str, ...]] = (
        "equal_rowcount",
        "fewer_rows_than",
        "expect_table_row_count_to_equal_other_table",
        "expect_table_row_count_to_equal_other_table_times_factor",
        "row_count_diff",
        "RowCountMatch",
    )

    table: TableName
    tolerance: Tolerance = 0
    factor: Annotated[
        Number, Field(gt=0, description="rows here for each row of the other table")
    ] = 1
    mode: Annotated[
        Literal["equal", "at_most", "at_least"], Field(description="which difference counts")
    ] = "equal"
    other_where: OtherWhere = None

    def __post_init__(self) -> None:
        """Refuse a factor or tolerance that is no number, and what is no condition."""
        finite(self.factor, "factor")
        check_tolerance(self.tolerance)
        check_condition(self.other_where)

    def columns(self) -> tuple[str, ...]:
        """Return no column."""
        return ()

    def reference(self) -> Reference:
        """Return the other table."""
        return Reference(self.table)

    def query(self, rows: Rows, others: Rows | None, view: View) -> Rows:
        """Return both counts."""
        there = chosen(others, self.other_where, view).select(nw.len().alias("there"))
        return rows.select(nw.len().alias("here")).join(there, how="cross")

    def measure(self, state: Mapping[str, Any], view: View) -> Measure:  # noqa: ARG002 - the protocol's
        """Return the difference, and both counts."""
        here, there = int(state["here"]), int(state["there"])
        note = f"{here:,} rows here, {there:,} in {self.table}"
        off = self._off(here - there * self.factor)
        return Measure(
            0.0 if tolerated(self.tolerance, here, here - off) else float(abs(off)), note
        )

    def _off(self, difference: float) -> float:
        if self.mode == "at_most":
            return max(difference, 0.0)
        return min(difference, 0.0) if self.mode == "at_least" else difference
