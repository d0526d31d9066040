"""`like`: a text is like an SQL pattern."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import narwhals.stable.v2 as nw
from pydantic import Field

from dq_monitor.checks._base import OneColumn, Row
from dq_monitor.checks._parameters import Flag
from dq_monitor.expression.comparison import like
from dq_monitor.expression.types import Type, column
from dq_monitor.model.check import Family
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Like(OneColumn, Row):
    """A text is like an SQL pattern.

    Passes where the whole text fits `pattern`, fails where it does not, unknown where the text is
    null. In the pattern `%` stands for any text and `_` for one character; neither can be escaped,
    for that there is `matches`.

    Example:
        - like: {column: tailnum, pattern: "N%"}

    """

    fault: ClassVar[str] = "no match"
    family: ClassVar[Family] = Family.TEXT
    shorthand: ClassVar[str] = ""
    aliases: ClassVar[tuple[str, ...]] = (
        "expect_column_values_to_match_like_pattern",
        "expect_column_values_to_match_like_pattern_list",
    )

    pattern: Annotated[
        str, Field(min_length=1, max_length=1_000, description="SQL pattern with % and _")
    ]
    ignore_case: Annotated[Flag, Field(description="a letter stands for both its cases")] = False

    def passes(self, view: View) -> nw.Expr:
        """Return whether the text fits the pattern."""
        text = column(view, self.column, {Type.STRING}, asked_by="like")
        return like(text, self.pattern, ignore_case=self.ignore_case).expr
