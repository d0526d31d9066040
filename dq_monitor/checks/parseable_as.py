"""`parseable_as`: a text can be read as a number, a date or another type."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import narwhals.stable.v2 as nw
from pydantic import Field

from dq_monitor.checks import _layouts
from dq_monitor.checks._base import OneColumn, Row
from dq_monitor.checks._patterns import whole
from dq_monitor.expression.types import Type, column
from dq_monitor.model.check import Family
from dq_monitor.model.view import View

Layout = Literal[
    "YYYY-MM-DD",
    "YYYY/MM/DD",
    "YYYYMMDD",
    "DD.MM.YYYY",
    "DD/MM/YYYY",
    "DD-MM-YYYY",
    "MM/DD/YYYY",
]
_PATTERNS = {
    "integer": _layouts.INTEGER,
    "number": _layouts.DECIMAL,
    "boolean": _layouts.BOOLEAN,
    "time": _layouts.TIME,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ParseableAs(OneColumn, Row):
    """A text can be read as a number, a date or another type.

    Passes where the whole text can be read as `type`, fails where it cannot, unknown where it is
    null; white space around it fails. `integer`: digits with or without a sign, within 64 bits.
    `number`: decimal, with or without an exponent; neither NaN nor infinity. `boolean`: true,
    false, t, f, yes, no, y, n, on, off, 1 or 0 in any case. `date`: a day of the calendar in
    `layout`. `time`: hh:mm, with or without seconds and their fraction. `datetime`: a date in
    `layout`, T or a blank, a time, and perhaps Z or an offset such as +02:00.

    Example:
        - parseable_as: {column: flight_date, type: date, layout: DD.MM.YYYY}

    """

    fault: ClassVar[str] = "not parseable"
    family: ClassVar[Family] = Family.TEXT
    shorthand: ClassVar[str] = ""
    aliases: ClassVar[tuple[str, ...]] = (
        "expect_column_values_to_match_strftime_format",
        "expect_column_values_to_be_dateutil_parseable",
        "is_valid_date",
        "is_valid_timestamp",
    )

    type: Annotated[
        Literal["integer", "number", "boolean", "date", "time", "datetime"],
        Field(description="what the text is read as"),
    ]
    layout: Annotated[
        Layout | None, Field(description="how a date is written; YYYY-MM-DD when left out")
    ] = None

    def __post_init__(self) -> None:
        """Refuse a layout for what has none."""
        if self.layout and self.type not in {"date", "datetime"}:
            raise ValueError(f"layout is for date and datetime, type is {self.type}")

    def passes(self, view: View) -> nw.Expr:
        """Return whether the text has the form."""
        text = column(view, self.column, {Type.STRING}, asked_by="parseable_as").expr
        return whole(text, self._pattern(), view)

    def _pattern(self) -> str:
        layout = self.layout or "YYYY-MM-DD"
        if self.type == "date":
            return _layouts.date_pattern(layout)
        return _PATTERNS.get(self.type) or _layouts.datetime_pattern(layout)
