"""`json_valid`: a text is JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import narwhals.stable.v2 as nw

from dq_monitor.checks._base import OneColumn, Row
from dq_monitor.checks._json import judged
from dq_monitor.model.check import Family
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonValid(OneColumn, Row):
    """A text is JSON.

    Passes where the whole text is a JSON value (RFC 8259: an object, a list, a text, a number,
    true, false or null), fails where it is none, unknown where the text is null. NaN and Infinity
    are no JSON, nor is what is nested more than 200 deep. Only Polars can ask it.

    Example:
        - json_valid: payload

    """

    fault: ClassVar[str] = "not JSON"
    family: ClassVar[Family] = Family.TEXT
    aliases: ClassVar[tuple[str, ...]] = (
        "expect_column_values_to_be_json_parseable",
        "is_valid_json",
    )
    engines: ClassVar[tuple[str, ...]] = ("polars",)

    def passes(self, view: View) -> nw.Expr:
        """Return whether the text can be read."""
        return judged(view, self.column, lambda _: True, asked_by="json_valid")
