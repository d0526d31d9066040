"""`schema_match`: the table has the columns it should have, of the types they should be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from dq_monitor.checks._base import Unread
from dq_monitor.checks._schema import (
    ColumnTypes,
    is_one_of,
    moved,
    require_types,
    retyped,
    told,
    types_of,
)
from dq_monitor.model.check import Family, Measure, Measures
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaMatch(Unread):
    """The table has the columns it should have, of the types they should be.

    The value is the number of differences: columns of another type than `columns` says, columns
    that are missing, and those that are too many (not with `mode: subset`); with `mode: ordered`
    also those that stand elsewhere among the others. Types are written as for `column_type`:
    `int64`, a family such as `number`, `list[struct{code: string}]`, or a list of several. It is
    answered without reading a row.

    Example:
        - schema_match: {columns: {faa: string, lat: number, routes: "list[string]"}, mode: subset}

    """

    family: ClassVar[Family] = Family.SCHEMA
    measures: ClassVar[Measures] = Measures.VIOLATIONS
    shorthand: ClassVar[str] = "columns"
    aliases: ClassVar[tuple[str, ...]] = ("col_schema_match",)

    expected: Annotated[
        ColumnTypes, Field(alias="columns", description="the columns, each with its type")
    ]
    mode: Annotated[
        Literal["set", "ordered", "subset"], Field(description="what counts as a difference")
    ] = "set"

    def __post_init__(self) -> None:
        """Refuse a name that is no type's."""
        require_types(self.expected)

    def measure(self, state: Mapping[str, Any], view: View) -> Measure:  # noqa: ARG002 - the protocol's
        """Return the number of differences, and name them."""
        there, expected = types_of(view.schema), dict(self.expected)
        differences = {
            "missing": [name for name in expected if name not in there],
            "unexpected": [name for name in there if self._is_extra(name, expected)],
            "of another type": [
                retyped(name, there[name], types)
                for name, types in expected.items()
                if name in there and not is_one_of(there[name], types)
            ],
            "out of order": moved(list(expected), list(there)) if self.mode == "ordered" else [],
        }
        return Measure(float(sum(map(len, differences.values()))), told(differences))

    def _is_extra(self, name: str, expected: Mapping[str, object]) -> bool:
        return self.mode != "subset" and name not in expected
