"""`columns_match`: the table has the columns it should have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from dq_monitor.checks._base import Unread
from dq_monitor.checks._parameters import ColumnNames, distinct
from dq_monitor.model.check import Family, Measure, Measures
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnsMatch(Unread):
    """The table has the columns it should have.

    The value is the number of differences, 0 when there is none: columns that are missing or too
    many (`mode: set`), also those in another place (`mode: ordered`), or only the missing ones
    (`mode: subset`). It is answered without reading a row.

    Example:
        - columns_match: {columns: [faa, name, lat, lon], mode: subset}

    """

    family: ClassVar[Family] = Family.SCHEMA
    measures: ClassVar[Measures] = Measures.VIOLATIONS
    shorthand: ClassVar[str] = "columns"
    aliases: ClassVar[tuple[str, ...]] = (
        "expect_table_columns_to_match_set",
        "expect_table_columns_to_match_ordered_list",
        "has_valid_schema",
    )

    expected: Annotated[ColumnNames, Field(description="the columns the table should have")]
    mode: Annotated[
        Literal["set", "ordered", "subset"], Field(description="what counts as a difference")
    ] = "set"

    def __post_init__(self) -> None:
        """Refuse a column that is named twice."""
        distinct(self.expected)

    def measure(self, state: Mapping[str, Any], view: View) -> Measure:  # noqa: ARG002 - the protocol's
        """Return the number of differences, and name them."""
        there = tuple(view.schema)
        missing = [name for name in self.expected if name not in there]
        extra = [name for name in there if name not in self.expected and self.mode != "subset"]
        moved = self._moved(there) if self.mode == "ordered" and not missing + extra else []
        parts = (("missing", missing), ("unexpected", extra), ("out of order", moved))
        note = "; ".join(f"{what}: {', '.join(names)}" for what, names in parts if names)
        return Measure(float(len(missing) + len(extra) + len(moved)), note)

    def _moved(self, there: tuple[str, ...]) -> list[str]:
        return [name for name, found in zip(self.expected, there, strict=True) if name != found]
