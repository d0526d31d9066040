"""`max_length`: the length of the longest text of a column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from dq_monitor.checks._base import OneColumn, Table
from dq_monitor.checks._lengths import Unit, text_length
from dq_monitor.model.check import Aggregate, Family, Measure, Merge
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class MaxLength(OneColumn, Table):
    """The length of the longest text of a column.

    The value is its number of characters (Unicode code points; with `unit: bytes`, of UTF-8 bytes);
    there is none when all texts are null.

    Example:
        - max_length: {column: carrier}
          warn: {over: 2}

    """

    family: ClassVar[Family] = Family.TEXT
    aliases: ClassVar[tuple[str, ...]] = ("hasMaxLength",)

    unit: Unit = "characters"

    def aggregates(self, view: View) -> Mapping[str, Aggregate]:
        """Return the longest length."""
        size = text_length(view, self.column, self.unit, asked_by="max_length")
        return {"max": Aggregate(size.max(), Merge.MAX)}

    def measure(self, state: Mapping[str, Any], view: View) -> Measure:  # noqa: ARG002 - the protocol's
        """Return the longest length."""
        size = state["max"]
        return Measure(None, "no values") if size is None else Measure(float(size), self.unit)
