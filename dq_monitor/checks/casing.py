"""`casing`: a text is written in one case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import narwhals.stable.v2 as nw
from pydantic import Field

from dq_monitor.checks._base import OneColumn, Row
from dq_monitor.checks._letters import lower_letters, upper_letters
from dq_monitor.expression.types import Type, column
from dq_monitor.model.check import Family
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Casing(OneColumn, Row):
    """A text is written in one case.

    Passes where the text has no small letter (`case: upper`), no capital letter (`case: lower`), or
    where each word begins with a capital letter and goes on in small ones (`case: title`); fails
    otherwise, unknown where the text is null. Only letters that have both forms are judged, so a
    text without any passes. Words are separated by anything but letters, digits and apostrophes; a
    letter that follows a digit or an apostrophe may be either: Terminal 3B, O'Hare, Don't.

    Example:
        - casing: {column: carrier, case: upper}

    """

    fault: ClassVar[str] = "wrong case"
    family: ClassVar[Family] = Family.TEXT
    shorthand: ClassVar[str] = ""

    case: Annotated[Literal["upper", "lower", "title"], Field(description="how it is written")]

    def passes(self, view: View) -> nw.Expr:
        """Return whether no letter is in the wrong case."""
        text = column(view, self.column, {Type.STRING}, asked_by="casing").expr
        return ~text.str.contains(_wrong(self.case))


def _wrong(case: str) -> str:
    upper, lower = upper_letters(), lower_letters()
    if case == "upper":
        return f"[{lower}]"
    if case == "lower":
        return f"[{upper}]"
    letters = upper + lower
    return f"(?:^|[^{letters}0-9'\u2019])[{lower}]|[{letters}][{upper}]"
