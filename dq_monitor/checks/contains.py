"""`contains`: a text contains a given text."""

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
class Contains(OneColumn, Row):
    """A text contains a given text.

    Passes where the text contains `text`, or one of those listed there; fails where it does not,
    unknown where the text is null. Case counts.

    Example:
        - contains: {column: tailnum, text: N}

    """

    fault: ClassVar[str] = "no match"
    family: ClassVar[Family] = Family.TEXT
    shorthand: ClassVar[str] = ""
    aliases: ClassVar[tuple[str, ...]] = ("str_contains",)

    text: Annotated[OneOrMore, Field(description="what is looked for, or a list of these")]

    def passes(self, view: View) -> nw.Expr:
        """Return whether the text contains one of them."""
        text = column(view, self.column, {Type.STRING}, asked_by="contains").expr
        found = [text.str.contains(one, literal=True) for one in self.text]
        return nw.any_horizontal(*found, ignore_nulls=False)
