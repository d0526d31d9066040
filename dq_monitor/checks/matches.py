"""`matches`: a text matches a regular expression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import narwhals.stable.v2 as nw

from dq_monitor.checks._base import OneColumn, Row
from dq_monitor.checks._patterns import Full, Pattern, require_patterns, search
from dq_monitor.expression.types import Type, column
from dq_monitor.model.check import Family
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Matches(OneColumn, Row):
    """A text matches a regular expression.

    Passes where `pattern` is found anywhere in the text (with `full: true`, where it matches the
    whole text), fails where it is not, unknown where the text is null. The syntax is that of Rust's
    regex: linear in time, therefore without look-around and back-references. Other engines get it
    in their own syntax; what one cannot say is an error there.

    Example:
        - matches: {column: tailnum, pattern: "N[0-9]{1,5}[A-Z]{0,2}", full: true}

    """

    fault: ClassVar[str] = "no match"
    family: ClassVar[Family] = Family.TEXT
    shorthand: ClassVar[str] = ""
    aliases: ClassVar[tuple[str, ...]] = (
        "expect_column_values_to_match_regex",
        "hasPattern",
        "regex_match",
        "valid_regex",
    )

    pattern: Pattern
    full: Full = False

    def __post_init__(self) -> None:
        """Refuse what is no pattern."""
        require_patterns(self.pattern)

    def passes(self, view: View) -> nw.Expr:
        """Return whether the pattern is found."""
        text = column(view, self.column, {Type.STRING}, asked_by="matches").expr
        return search(view, self.column, text, self.pattern, full=self.full)
