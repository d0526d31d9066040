"""`column_type`: a column is of the type it should be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from dq_monitor.checks._base import OneColumn, Table
from dq_monitor.checks._schema import TypeNames, is_one_of, require_types, retyped, types_of
from dq_monitor.expression.types import present
from dq_monitor.model.check import Aggregate, Family, Measure, Measures
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnType(OneColumn, Table):
    """A column is of the type it should be.

    The value is 0 where it is of one of the types, 1 where it is not. A type is written as in a
    contract, such as `int64`, `list[string]` or `struct{lat: float64, lon: float64}`; a family
    (`integer`, `float`, `decimal`, `number`, `text`, `timestamp`, `time`, `list`, `struct`,
    `nested`, `any`) holds all of its types, also inside a list or struct. The unit and zone of a
    timestamp are no matter, and a column of nothing but nulls is of any type. It is answered
    without reading a row.

    Example:
        - column_type: {column: dep_delay, type: [integer, float64]}

    """

    family: ClassVar[Family] = Family.SCHEMA
    reads_rows: ClassVar[bool] = False
    measures: ClassVar[Measures] = Measures.VIOLATIONS
    shorthand: ClassVar[str] = ""
    aliases: ClassVar[tuple[str, ...]] = (
        "expect_column_values_to_be_of_type",
        "expect_column_values_to_be_in_type_list",
    )

    types: TypeNames

    def __post_init__(self) -> None:
        """Refuse a name that is no type's."""
        require_types([(self.column, self.types)])

    def aggregates(self, view: View) -> Mapping[str, Aggregate]:
        """Return nothing: the schema answers."""
        present(view, self.column)
        return {}

    def measure(self, state: Mapping[str, Any], view: View) -> Measure:  # noqa: ARG002 - the protocol's
        """Return whether the type is another, and which it is."""
        dtype = types_of(view.schema)[self.column]
        if is_one_of(dtype, self.types):
            return Measure(0.0)
        return Measure(1.0, retyped(self.column, dtype, self.types))
