"""`not_matches`: a text does not match a regular expression."""

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
class NotMatches(OneColumn, Row):
    """A text does not match a regular expression.

    Passes where `pattern` is found nowhere in the text (with `full: true`, where it does not match
    the whole text), fails where it is found, unknown where the text is null. The syntax is that of
    Rust's regex, without look-around and back-references.

    Example:
        - not_matches: {column: tailnum, pattern: "[a-z]"}

    """

    fault: ClassVar[str] = "forbidden match"
    family: ClassVar[Family] = Family.TEXT
    shorthand: ClassVar[str] = ""
    aliases: ClassVar[tuple[str, ...]] = (
        "expect_column_values_to_not_match_regex",
        "expect_column_values_to_not_match_regex_list",
        "invalid_regex",
    )

    pattern: Pattern
    full: Full = False

    def __post_init__(self) -> None:
        """Refuse what is no pattern."""
        require_patterns(self.pattern)

    def passes(self, view: View) -> nw.Expr:
        """Return whether the pattern is not found."""
        text = column(view, self.column, {Type.STRING}, asked_by="not_matches").expr
        return ~search(view, self.column, text, self.pattern, full=self.full)
