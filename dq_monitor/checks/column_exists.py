"""`column_exists`: the table has these columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from pydantic import Field

from dq_monitor.checks._base import Unread
from dq_monitor.checks._parameters import ColumnNames, distinct
from dq_monitor.checks._schema import told
from dq_monitor.model.check import Family, Measure, Measures
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnExists(Unread):
    """The table has these columns.

    The value is the number of `columns` that it has not. It is answered without reading a row.

    Example:
        - column_exists: [carrier, flight, origin]

    """

    family: ClassVar[Family] = Family.SCHEMA
    measures: ClassVar[Measures] = Measures.VIOLATIONS
    shorthand: ClassVar[str] = "columns"
    aliases: ClassVar[tuple[str, ...]] = ("expect_column_to_exist", "col_exists", "ColumnExists")

    expected: Annotated[ColumnNames, Field(description="the columns that must be there")]

    def __post_init__(self) -> None:
        """Refuse a column that is named twice."""
        distinct(self.expected)

    def measure(self, state: Mapping[str, Any], view: View) -> Measure:  # noqa: ARG002 - the protocol's
        """Return how many are missing, and name them."""
        missing = [name for name in self.expected if name not in view.schema]
        return Measure(float(len(missing)), told({"missing": missing}))
