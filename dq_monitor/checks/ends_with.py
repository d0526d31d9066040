"""`ends_with`: a text ends with a given text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import narwhals.stable.v2 as nw
from pydantic import Field

from dq_monitor.checks._base import OneColumn, Row
from dq_monitor.checks._parameters import OneOrMore
from dq_monitor.expression.types import Type, column
from dq_monitor.model.check import Family
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class EndsWith(OneColumn, Row):
    """A text ends with a given text.

    Passes where the text ends with `suffix`, or one of those listed there; fails where it does not,
    unknown where the text is null. Case counts.

    Example:
        - ends_with: {column: tailnum, suffix: [AA, UA]}

    """

    fault: ClassVar[str] = "no match"
    family: ClassVar[Family] = Family.TEXT
    shorthand: ClassVar[str] = ""
    aliases: ClassVar[tuple[str, ...]] = ("str_endswith",)

    suffix: Annotated[OneOrMore, Field(description="what the text ends with, or a list of these")]

    def passes(self, view: View) -> nw.Expr:
        """Return whether the text ends with one of them."""
        text = column(view, self.column, {Type.STRING}, asked_by="ends_with").expr
        found = [text.str.ends_with(one) for one in self.suffix]
        return nw.any_horizontal(*found, ignore_nulls=False)
