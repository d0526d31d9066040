"""`schema_match_other`: the table has the columns and types of another table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import narwhals.stable.v2 as nw
from pydantic import Field

from dq_monitor.checks._base import Table
from dq_monitor.checks._elsewhere import Rows, TableName
from dq_monitor.checks._parameters import ColumnNames, Flag, distinct
from dq_monitor.expression.types import Type, type_of
from dq_monitor.model.check import Family, Measure, Measures, Reference
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaMatchOther(Table):
    """The table has the columns and types of another table.

    The value is the number of differences: columns that are missing, too many (unless `mode:
    superset`) or of another type (unless `types: false`); with `mode: ordered` also those in
    another place. `mode: subset` lets columns be missing. A column of nothing but nulls has any
    type. Columns in `ignore` are left aside on both sides. It is answered without reading a row.

    Example:
        - schema_match_other: {table: bronze.flights, mode: superset, ignore: [loaded_at]}

    """

    family: ClassVar[Family] = Family.SCHEMA
    reads_rows: ClassVar[bool] = False
    shorthand: ClassVar[str] = "table"
    measures: ClassVar[Measures] = Measures.VIOLATIONS
    aliases: ClassVar[tuple[str, ...]] = ("schema_diff", "SchemaMatch")

    table: TableName
    mode: Annotated[
        Literal["set", "ordered", "subset", "superset"],
        Field(description="what counts as a difference"),
    ] = "set"
    types: Annotated[Flag, Field(description="a column of another type is a difference")] = True
    ignored: Annotated[
        ColumnNames, Field(alias="ignore", description="columns that are left aside")
    ] = ()

    def __post_init__(self) -> None:
        """Refuse a column that is named twice."""
        distinct(self.ignored)

    def columns(self) -> tuple[str, ...]:
        """Return no column: names are asked, not values, and a missing one is an answer."""
        return ()

    def reference(self) -> Reference:
        """Return the other table."""
        return Reference(self.table)

    def query(self, rows: Rows, others: Rows | None, view: View) -> Rows:
        """Return the differences as constants of an empty frame: the schemas answer."""
        if others is None:
            raise ValueError("there is no table to compare with")
        differences = self._differences(view.schema, others.collect_schema())
        note = "; ".join(f"{what}: {', '.join(names)}" for what, names in differences.items())
        count = sum(map(len, differences.values()))
        nothing = nw.len()
        return rows.head(0).select(
            (nothing + count).alias("differences"), nw.lit(note).alias("note")
        )

    def measure(self, state: Mapping[str, Any], view: View) -> Measure:  # noqa: ARG002 - the protocol's
        """Return the number of differences, and name them."""
        return Measure(float(state["differences"]), state["note"] or f"the same as {self.table}")

    def _differences(
        self, here: Mapping[str, nw.dtypes.DType], there: Mapping[str, nw.dtypes.DType]
    ) -> Mapping[str, list[str]]:
        mine = [name for name in here if name not in self.ignored]
        theirs = [name for name in there if name not in self.ignored]
        shared = [name for name in mine if name in there]
        missing = [name for name in theirs if name not in here and self.mode != "subset"]
        extra = [name for name in mine if name not in there and self.mode != "superset"]
        other_type = [
            f"{name} ({here[name]}, there {there[name]})"
            for name in shared
            if self.types and _other(here[name], there[name])
        ]
        moved = []
        if self.mode == "ordered" and not missing + extra:
            moved = [one for one, other in zip(mine, theirs, strict=True) if one != other]
        found = {
            "missing": missing,
            "unexpected": extra,
            "of another type": other_type,
            "out of order": moved,
        }
        return {what: names for what, names in found.items() if names}


def _other(here: nw.dtypes.DType, there: nw.dtypes.DType) -> bool:
    return here != there and Type.NULL not in {type_of(here), type_of(there)}
