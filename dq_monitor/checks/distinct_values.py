"""`distinct_values`: the values of a column are, or contain, a listed set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar, Literal

import narwhals.stable.v2 as nw
from pydantic import Field

from dq_monitor.checks._base import Alone, OneColumn, Table
from dq_monitor.checks._counting import count_of
from dq_monitor.checks._occurrences import Rows, counted, known
from dq_monitor.checks._parameters import Scalar, finite
from dq_monitor.expression.comparison import align, is_in
from dq_monitor.expression.types import column, constant
from dq_monitor.model.check import Family, Measure, Measures
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class DistinctValues(OneColumn, Alone, Table):
    """The values of a column are, or contain, a listed set.

    The value is the number of differences, 0 when there is none. `mode: in` counts the distinct
    values that are not listed, `mode: contain` the listed ones that no row has, `mode: equal` both.
    Nulls and NaN are no values; there is no answer when there is nothing else. Dates and timestamps
    are listed as ISO texts.

    Example:
        - distinct_values: {column: origin, values: [EWR, JFK, LGA], mode: equal}

    """

    family: ClassVar[Family] = Family.VALUES
    shorthand: ClassVar[str] = ""
    measures: ClassVar[Measures] = Measures.VIOLATIONS
    aliases: ClassVar[tuple[str, ...]] = (
        "expect_column_distinct_values_to_be_in_set",
        "expect_column_distinct_values_to_contain_set",
        "expect_column_distinct_values_to_equal_set",
    )

    values: Annotated[tuple[Scalar, ...], Field(min_length=1, description="the listed values")]
    mode: Annotated[
        Literal["in", "contain", "equal"], Field(description="what the column's values must be")
    ] = "equal"

    def __post_init__(self) -> None:
        """Refuse values that nothing can equal, and those that are listed twice."""
        for value in self.values:
            finite(value, "a value")
        twice = [v for i, v in enumerate(self.values) if any(_same(v, w) for w in self.values[:i])]
        if twice:
            raise ValueError(f"{twice[0]!r} is listed twice in values")

    def query(
        self,
        rows: Rows,
        others: Rows | None,  # noqa: ARG002 - the protocol's
        view: View,
    ) -> Rows:
        """Return how many distinct values there are, and how many of them are listed."""
        kinds = counted(known(rows, view, {"value": self.column}, "distinct_values"), "value")
        value = replace(column(view, self.column), expr=nw.col("value"))
        members = [constant(member) for member in self.values]
        read = [align(value, member, view)[1].constant for member in members]
        if len(set(read)) < len(read):
            raise ValueError(f"values lists the same {value.type} twice, in two ways of writing")
        return kinds.select(kinds=nw.len(), listed=count_of(is_in(value, members, view).expr))

    def measure(self, state: Mapping[str, Any], view: View) -> Measure:  # noqa: ARG002 - the protocol's
        """Return the number of differences."""
        kinds, listed = int(state["kinds"] or 0), int(state["listed"] or 0)
        if not kinds:
            return Measure(None, "no values")
        extra = kinds - listed if self.mode != "contain" else 0
        missing = len(self.values) - listed if self.mode != "in" else 0
        asked = (("not listed", extra, "contain"), ("missing", missing, "in"))
        note = ", ".join(f"{count:,} {what}" for what, count, mode in asked if self.mode != mode)
        return Measure(float(extra + missing), f"{kinds:,} distinct values, {note}")


def _same(one: Scalar, other: Scalar) -> bool:
    # 1 and 1.0 are the same number, True is none.
    return one == other and isinstance(one, bool) is isinstance(other, bool)
