"""`distinct_match`: a column has the same distinct values as a column of another table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import narwhals.stable.v2 as nw
from pydantic import Field

from dq_monitor.checks._base import OneColumn, Table
from dq_monitor.checks._counting import count_of
from dq_monitor.checks._elsewhere import (
    OtherColumn,
    OtherWhere,
    Rows,
    check_condition,
    chosen,
    other_column,
)
from dq_monitor.checks._parameters import Flag
from dq_monitor.checks._sides import HERE, THERE, both
from dq_monitor.model.check import Family, Measure, Measures, Reference
from dq_monitor.model.view import View

_COUNTED = {
    "equal": ("missing", "extra", "unequal"),
    "subset": ("extra", "unequal"),
    "superset": ("missing", "unequal"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DistinctMatch(OneColumn, Table):
    """A column has the same distinct values as a column of another table.

    The value is the number of values that only one of them has: with `relation: subset` those that
    only this table has, with `superset` those that only the other has. With `counts: true` also
    those that both have, but not in as many rows. Nulls and NaN are no values. `other_where`
    chooses rows of the other table, `where` those of this one. A batch is compared unless the rule
    says `scope: table`.

    Example:
        - distinct_match: {column: carrier, references: silver.airlines.carrier, relation: subset}

    """

    family: ClassVar[Family] = Family.TABLES
    shorthand: ClassVar[str] = ""
    measures: ClassVar[Measures] = Measures.VIOLATIONS
    aliases: ClassVar[tuple[str, ...]] = ("cardinality_equality",)

    references: OtherColumn
    relation: Annotated[
        Literal["equal", "subset", "superset"],
        Field(description="what the values here are of the values there"),
    ] = "equal"
    counts: Annotated[Flag, Field(description="a value must also be in as many rows")] = False
    other_where: OtherWhere = None

    def __post_init__(self) -> None:
        """Refuse what is no condition."""
        check_condition(self.other_where)

    def reference(self) -> Reference:
        """Return the other table and its column."""
        return other_column(self.references)

    def query(self, rows: Rows, others: Rows | None, view: View) -> Rows:
        """Return how many values are on one side only, or not equally often."""
        (name,) = self.reference().columns
        there = chosen(others, self.other_where, view)
        under, _ = both(rows, there, [(self.column, name)], view, "distinct_match")
        values = under.filter(~nw.col("c0").is_null()).group_by("c0")
        sides = values.agg(nw.col(HERE).sum(), nw.col(THERE).sum())
        here, other = nw.col(HERE), nw.col(THERE)
        return sides.select(
            count_of(here == 0).alias("missing"),
            count_of(other == 0).alias("extra"),
            count_of((here > 0) & (other > 0) & (here != other)).alias("unequal"),
        )

    def measure(self, state: Mapping[str, Any], view: View) -> Measure:  # noqa: ARG002 - the protocol's
        """Return the number of values that do not match, and in which way."""
        counted = [w for w in _COUNTED[self.relation] if self.counts or w != "unequal"]
        counts = {word: int(state[word] or 0) for word in counted}
        note = ", ".join(f"{count:,} {word}" for word, count in counts.items() if count)
        return Measure(float(sum(counts.values())), note or f"held against {self.references}")
