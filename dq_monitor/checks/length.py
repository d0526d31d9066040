"""`length`: a text has a number of characters or bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

import narwhals.stable.v2 as nw
from pydantic import Field

from dq_monitor.checks._base import OneColumn, Row
from dq_monitor.checks._lengths import Unit, text_length
from dq_monitor.checks._parameters import Integer
from dq_monitor.model.check import Family
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Length(OneColumn, Row):
    """A text has a number of characters or bytes.

    Passes where `min <= length <= max`, fails outside, unknown where the text is null. One bound is
    enough. Characters are Unicode code points; `unit: bytes` counts UTF-8 bytes.

    Example:
        - length: {column: carrier, min: 2, max: 2}

    """

    fault: ClassVar[str] = "wrong length"
    family: ClassVar[Family] = Family.TEXT
    shorthand: ClassVar[str] = ""
    aliases: ClassVar[tuple[str, ...]] = (
        "expect_column_value_lengths_to_be_between",
        "expect_column_value_lengths_to_equal",
    )

    min: Annotated[Integer | None, Field(ge=0, description="the shortest that passes")] = None
    max: Annotated[Integer | None, Field(ge=0, description="the longest that passes")] = None
    unit: Unit = "characters"

    def __post_init__(self) -> None:
        """Refuse bounds that are missing or that no length keeps."""
        if self.min is None and self.max is None:
            raise ValueError("length needs min or max")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min} is above max {self.max}")

    def passes(self, view: View) -> nw.Expr:
        """Return whether the length keeps the bounds."""
        size = text_length(view, self.column, self.unit, asked_by="length")
        if self.min is None:
            return size <= self.max
        return size >= self.min if self.max is None else size.is_between(self.min, self.max)

    def sides(self, view: View) -> Mapping[str, nw.Expr]:
        """Return where the text is too short, and where too long."""
        size = text_length(view, self.column, self.unit, asked_by="length")
        short = {} if self.min is None else {"too short": size < self.min}
        return short if self.max is None else {**short, "too long": size > self.max}
