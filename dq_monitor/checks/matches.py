"""`matches`: a text matches a regular expression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import narwhals.stable.v2 as nw
import polars as pl
from pydantic import Field

from dq_monitor.checks._base import OneColumn, Row
from dq_monitor.checks._parameters import Flag
from dq_monitor.expression.types import Type, column
from dq_monitor.model.check import Family, View

_MAX_PATTERN = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Matches(OneColumn, Row):
    """A text matches a regular expression.

    Passes where `pattern` is found anywhere in the text (with `full: true`, where it matches the
    whole text), fails where it is not, unknown where the text is null. The syntax is that of Rust's
    regex: linear in time, therefore without look-around and back-references.

    Example:
        - matches: {column: tailnum, pattern: "N[0-9]{1,5}[A-Z]{0,2}", full: true}

    """

    family: ClassVar[Family] = Family.TEXT
    shorthand: ClassVar[str] = ""
    aliases: ClassVar[tuple[str, ...]] = (
        "expect_column_values_to_match_regex",
        "hasPattern",
        "regex_match",
    )

    pattern: Annotated[str, Field(min_length=1, description="regular expression, Rust syntax")]
    full: Annotated[Flag, Field(description="match the whole text instead of searching")] = False

    def __post_init__(self) -> None:
        """Refuse a pattern that the engine refuses: it says so without any row."""
        if len(self.pattern) > _MAX_PATTERN:
            raise ValueError(f"the pattern is longer than {_MAX_PATTERN:,} characters")
        # Both: `a)(b` is no pattern although its anchored form is one.
        for regex in (self.pattern, self._regex()):
            _try(regex)

    def passes(self, view: View) -> nw.Expr:
        """Return whether the pattern is found."""
        text = column(view, self.column, {Type.STRING}, asked_by="matches")
        return text.expr.str.contains(self._regex())

    def _regex(self) -> str:
        return f"^(?:{self.pattern})$" if self.full else self.pattern


def _try(regex: str) -> None:
    try:
        pl.Series([""]).str.contains(regex)
    except pl.exceptions.ComputeError as error:
        raise ValueError(f"invalid pattern: {_reason(str(error))}") from error


def _reason(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if "error:" in line]
    return (lines[-1] if lines else text.splitlines()[0]).removeprefix("error: ")
