"""`column_absent`: the table has none of these columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Annotated, Any, ClassVar

from pydantic import Field

from dq_monitor.checks._base import Unread
from dq_monitor.checks._parameters import ColumnNames, OneOrMore, distinct
from dq_monitor.checks._schema import told
from dq_monitor.model.check import Family, Measure, Measures
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnAbsent(Unread):
    """The table has none of these columns.

    The value is the number of columns that are among `columns`, or whose name looks like one of
    `like`, where `*` stands for any text and `?` for one character. It is answered without reading
    a row.

    Example:
        - column_absent: {columns: [ssn], like: ["tmp_*", "*_email"]}

    """

    family: ClassVar[Family] = Family.SCHEMA
    measures: ClassVar[Measures] = Measures.VIOLATIONS
    shorthand: ClassVar[str] = "columns"

    unwanted: Annotated[ColumnNames, Field(description="the columns that must not be there")] = ()
    like: Annotated[
        OneOrMore, Field(description="names with * and ? that no column may look like")
    ] = ()

    def __post_init__(self) -> None:
        """Refuse a check that asks of no column, or twice of one."""
        if not self.unwanted and not self.like:
            raise ValueError("column_absent needs columns or like")
        distinct(self.unwanted)

    def measure(self, state: Mapping[str, Any], view: View) -> Measure:  # noqa: ARG002 - the protocol's
        """Return how many are there, and name them."""
        there = [name for name in view.schema if self._is_unwanted(name)]
        return Measure(float(len(there)), told({"unwanted": there}))

    def _is_unwanted(self, name: str) -> bool:
        return name in self.unwanted or any(fnmatchcase(name, one) for one in self.like)
