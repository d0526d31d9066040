"""`word_count`: a text has a number of words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

import narwhals.stable.v2 as nw
from pydantic import Field

from dq_monitor.checks._base import OneColumn, Row
from dq_monitor.checks._parameters import Integer
from dq_monitor.checks._texts import WHITE_SPACE
from dq_monitor.expression.types import Type, column
from dq_monitor.model.check import Family
from dq_monitor.model.view import View

Words = Annotated[Integer, Field(ge=0, le=200)]  # PostgreSQL repeats no more than 255 times
_WORD = f"[^{WHITE_SPACE}]+"
_GAP = f"[{WHITE_SPACE}]+"


@dataclass(frozen=True, slots=True, kw_only=True)
class WordCount(OneColumn, Row):
    """A text has a number of words.

    Passes where `min <= words <= max`, fails outside, unknown where the text is null. One bound is
    enough. A word is what stands between white space; the empty text has none.

    Example:
        - word_count: {column: airport_name, min: 2, max: 8}

    """

    fault: ClassVar[str] = "wrong count of words"
    family: ClassVar[Family] = Family.TEXT
    shorthand: ClassVar[str] = ""

    min: Annotated[Words | None, Field(description="the fewest words that pass")] = None
    max: Annotated[Words | None, Field(description="the most words that pass")] = None

    def __post_init__(self) -> None:
        """Refuse bounds that are missing or that no count keeps."""
        if not self.min and self.max is None:
            raise ValueError("word_count needs min above 0 or max")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min} is above max {self.max}")

    def passes(self, view: View) -> nw.Expr:
        """Return whether there are enough words and not too many."""
        broken = list(self.sides(view).values())
        return ~broken[0] if len(broken) == 1 else ~broken[0] & ~broken[1]

    def sides(self, view: View) -> Mapping[str, nw.Expr]:
        """Return where there are too few words, and where too many."""
        text = column(view, self.column, {Type.STRING}, asked_by="word_count").expr
        few = {"too few words": ~_at_least(text, self.min)} if self.min else {}
        if self.max is None:
            return few
        return {**few, "too many words": _at_least(text, self.max + 1)}


def _at_least(text: nw.Expr, words: int) -> nw.Expr:
    before = f"(?:{_WORD}{_GAP}){{{words - 1}}}" if words > 1 else ""
    return text.str.contains(f"{before}[^{WHITE_SPACE}]")
