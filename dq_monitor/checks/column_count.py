"""`column_count`: how many columns there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from dq_monitor.checks._base import Unread
from dq_monitor.model.check import Family, Measure
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnCount(Unread):
    """How many columns there are.

    The value is the number of columns of the table. It is answered without reading a row.

    Example:
        - column_count: {}
          error: {outside: [19, 21]}

    """

    family: ClassVar[Family] = Family.SCHEMA
    aliases: ClassVar[tuple[str, ...]] = (
        "expect_table_column_count_to_equal",
        "expect_table_column_count_to_be_between",
        "col_count_match",
    )

    def measure(self, state: Mapping[str, Any], view: View) -> Measure:  # noqa: ARG002 - the protocol's
        """Return the number of columns."""
        return Measure(float(len(view.schema)))
