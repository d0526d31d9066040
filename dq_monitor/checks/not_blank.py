"""`not_blank`: a text says something."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import narwhals.stable.v2 as nw

from dq_monitor.checks._base import OneColumn, Row
from dq_monitor.checks._texts import has_ink
from dq_monitor.expression.types import Type, column
from dq_monitor.model.check import Family
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class NotBlank(OneColumn, Row):
    """A text says something.

    Passes where the text has a character that is not white space, fails where it is empty or white
    space only (blanks, tabs, line ends and the other white space of Unicode), unknown where it is
    null: ask `not_null` too, or say `nulls: fail`. A list makes one rule for each column.

    Example:
        - not_blank: [carrier, tailnum]

    """

    fault: ClassVar[str] = "blank"
    family: ClassVar[Family] = Family.COMPLETENESS
    each: ClassVar[bool] = True
    aliases: ClassVar[tuple[str, ...]] = (
        "not_empty_string",
        "is_not_empty",
        "is_not_null_and_not_empty",
    )

    def passes(self, view: View) -> nw.Expr:
        """Return whether there is more than white space."""
        text = column(view, self.column, {Type.STRING}, asked_by="not_blank")
        return has_ink(text.expr)
