"""`matches_any`: a text matches one of several regular expressions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import narwhals.stable.v2 as nw
from pydantic import Field

from dq_monitor.checks._base import OneColumn, Row
from dq_monitor.checks._patterns import Full, any_of, require_patterns, search
from dq_monitor.expression.types import Type, column
from dq_monitor.model.check import Family
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchesAny(OneColumn, Row):
    """A text matches one of several regular expressions.

    Passes where at least one of `patterns` is found in the text (with `full: true`, where one
    matches the whole text), fails where none is, unknown where the text is null. The syntax is that
    of Rust's regex, without look-around and back-references.

    Example:
        - matches_any: {column: tailnum, patterns: ["^N[0-9]", "^D[0-9]"]}

    """

    fault: ClassVar[str] = "no match"
    family: ClassVar[Family] = Family.TEXT
    shorthand: ClassVar[str] = ""
    aliases: ClassVar[tuple[str, ...]] = ("expect_column_values_to_match_regex_list",)

    patterns: Annotated[
        tuple[Annotated[str, Field(min_length=1)], ...],
        Field(min_length=1, max_length=100, description="regular expressions, Rust syntax"),
    ]
    full: Full = False

    def __post_init__(self) -> None:
        """Refuse what is no pattern."""
        require_patterns(*self.patterns)

    def passes(self, view: View) -> nw.Expr:
        """Return whether one of the patterns is found."""
        text = column(view, self.column, {Type.STRING}, asked_by="matches_any").expr
        return search(view, self.column, text, any_of(self.patterns), full=self.full)
