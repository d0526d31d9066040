"""`dataset_match`: the table holds the same rows as another table, key by key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import narwhals.stable.v2 as nw
from pydantic import Field

from dq_monitor.checks._base import Table
from dq_monitor.checks._counting import count_of
from dq_monitor.checks._elsewhere import OtherWhere, Rows, TableName, check_condition, chosen
from dq_monitor.checks._parameters import ColumnNames, distinct
from dq_monitor.checks._sides import HERE, THERE, both
from dq_monitor.checks._tolerance import Tolerance, check_tolerance, tolerated_between
from dq_monitor.expression.types import NUMBERS, Type
from dq_monitor.model.check import Family, Measure, Measures, Reference
from dq_monitor.model.view import View

_DIFFERENCES = ("missing", "extra", "changed", "repeated")


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetMatch(Table):
    """The table holds the same rows as another table, key by key.

    The value is the number of keys that differ: those that are missing here, extra here, or have
    other values in one of `columns` (all that both tables have, unless given). Two nulls are equal,
    also in keys; numbers are equal within `tolerance`. A key that occurs twice in one of the tables
    cannot be compared and differs. `other_where` chooses rows of the other table, `where` those of
    this one. A batch is compared unless the rule says `scope: table`.

    Example:
        - dataset_match: {table: bronze.airports, key: faa, columns: [name, lat, lon]}
          scope: table

    """

    family: ClassVar[Family] = Family.TABLES
    measures: ClassVar[Measures] = Measures.VIOLATIONS
    aliases: ClassVar[tuple[str, ...]] = (
        "equality",
        "compare_datasets",
        "rows_diff",
        "DatasetMatch",
    )

    table: TableName
    key: Annotated[ColumnNames, Field(alias="key", description="the columns that name a row")]
    compared: Annotated[
        ColumnNames, Field(description="the columns that are compared; all that both tables have")
    ] = ()
    tolerance: Tolerance = 0
    other_where: OtherWhere = None

    def __post_init__(self) -> None:
        """Refuse a column that is named twice, a tolerance that is no number, and the like."""
        distinct((*self.key, *self.compared))
        check_tolerance(self.tolerance)
        check_condition(self.other_where)

    def columns(self) -> tuple[str, ...]:
        """Return the key and the columns that are named."""
        return (*self.key, *self.compared)

    def reference(self) -> Reference:
        """Return the other table."""
        return Reference(self.table)

    def query(self, rows: Rows, others: Rows | None, view: View) -> Rows:
        """Return how many keys differ in which way."""
        there = chosen(others, self.other_where, view)
        names = (*self.key, *(self.compared or self._common(view, there)))
        under, types = both(rows, there, [(n, n) for n in names], view, "dataset_match")
        keys = [f"c{number}" for number in range(len(self.key))]
        values = [(f"c{n}", types[n]) for n in range(len(self.key), len(names))]
        parts = [nw.col(HERE).sum(), nw.col(THERE).sum(), *_extremes(values)]
        flags = list(_without_booleans(values))
        paired = (under.with_columns(*flags) if flags else under).group_by(*keys).agg(*parts)
        return paired.select(*_counts(self._changed(values)))

    def measure(self, state: Mapping[str, Any], view: View) -> Measure:  # noqa: ARG002 - the protocol's
        """Return the number of keys that differ, and in which way."""
        counts = {name: int(state[name] or 0) for name in _DIFFERENCES}
        note = ", ".join(f"{count:,} {name}" for name, count in counts.items() if count)
        return Measure(float(sum(counts.values())), note or f"the same as {self.table}")

    def _common(self, view: View, there: Rows) -> tuple[str, ...]:
        other = there.collect_schema()
        return tuple(name for name in view.schema if name in other and name not in self.key)

    def _changed(self, values: Sequence[tuple[str, Type]]) -> list[nw.Expr]:
        """Return for each compared column whether the two rows of a key have other values."""
        return [_one_null(name) | self._apart(name, kind) for name, kind in values]

    def _apart(self, name: str, kind: Type) -> nw.Expr:
        low, high = nw.col(f"{name}_low"), nw.col(f"{name}_high")
        apart = low != high
        if kind in NUMBERS and self.tolerance:
            apart = apart & ~tolerated_between(self.tolerance, low, high)
        return apart.fill_null(value=False)


def _without_booleans(values: Sequence[tuple[str, Type]]) -> Iterator[nw.Expr]:
    """Write true as 1: PostgreSQL has no smallest boolean."""
    for name, kind in values:
        if kind is Type.BOOLEAN:
            false = nw.when(~nw.col(name)).then(nw.lit(0))
            yield nw.when(nw.col(name)).then(nw.lit(1)).otherwise(false).alias(name)


def _extremes(values: Sequence[tuple[str, Type]]) -> Iterator[nw.Expr]:
    """Of the two rows of a key: equal values are both smallest and largest."""
    for name, _ in values:
        yield nw.col(name).min().alias(f"{name}_low")
        yield nw.col(name).max().alias(f"{name}_high")
        yield nw.col(name).count().alias(f"{name}_known")


def _one_null(name: str) -> nw.Expr:
    return nw.col(f"{name}_known") == 1


def _counts(differs: Sequence[nw.Expr]) -> Iterator[nw.Expr]:
    here, there = nw.col(HERE), nw.col(THERE)
    repeated = (here > 1) | (there > 1)
    yield count_of((here == 0) & ~repeated).alias("missing")
    yield count_of((there == 0) & ~repeated).alias("extra")
    yield count_of(repeated).alias("repeated")
    paired = (here == 1) & (there == 1)
    changed = nw.any_horizontal(*differs, ignore_nulls=False) if differs else nw.lit(1) == 0
    yield count_of(paired & changed).alias("changed")
