"""`trimmed`: a text has no white space around it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import narwhals.stable.v2 as nw

from dq_monitor.checks._base import OneColumn, Row
from dq_monitor.checks._texts import WHITE_SPACE, trimmed
from dq_monitor.expression.types import Type, column
from dq_monitor.model.check import Family
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Trimmed(OneColumn, Row):
    """A text has no white space around it.

    Passes where the text neither begins nor ends with white space (blanks, tabs, line ends and the
    other white space of Unicode), fails where it does, unknown where it is null. The empty text
    passes. A list makes one rule for each column.

    Example:
        - trimmed: [carrier, tailnum]

    """

    fault: ClassVar[str] = "not trimmed"
    family: ClassVar[Family] = Family.TEXT
    each: ClassVar[bool] = True

    def passes(self, view: View) -> nw.Expr:
        """Return whether nothing is left to trim."""
        text = column(view, self.column, {Type.STRING}, asked_by="trimmed").expr
        if view.engine == "polars":
            return trimmed(text, view) == text
        return ~text.str.contains(f"^[{WHITE_SPACE}]|[{WHITE_SPACE}]$")
