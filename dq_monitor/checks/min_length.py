"""`min_length`: the length of the shortest text of a column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from dq_monitor.checks._base import OneColumn, Table
from dq_monitor.checks._lengths import Unit, text_length
from dq_monitor.model.check import Aggregate, Family, Measure, Merge
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class MinLength(OneColumn, Table):
    """The length of the shortest text of a column.

    The value is its number of characters (Unicode code points; with `unit: bytes`, of UTF-8 bytes);
    there is none when all texts are null.

    Example:
        - min_length: {column: carrier}
          warn: {below: 2}

    """

    family: ClassVar[Family] = Family.TEXT
    aliases: ClassVar[tuple[str, ...]] = ("hasMinLength",)

    unit: Unit = "characters"

    def aggregates(self, view: View) -> Mapping[str, Aggregate]:
        """Return the shortest length."""
        size = text_length(view, self.column, self.unit, asked_by="min_length")
        return {"min": Aggregate(size.min(), Merge.MIN)}

    def measure(self, state: Mapping[str, Any], view: View) -> Measure:  # noqa: ARG002 - the protocol's
        """Return the shortest length."""
        size = state["min"]
        return Measure(None, "no values") if size is None else Measure(float(size), self.unit)
