"""`share_of`: the share of rows for which a condition holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import narwhals.stable.v2 as nw

from dq_monitor.checks._base import Table
from dq_monitor.checks._parameters import Condition, condition_columns
from dq_monitor.expression import compile_boolean
from dq_monitor.model.check import Aggregate, Measure
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareOf(Table):
    """The share of rows for which a condition holds.

    The value is the part (0 to 1) of the rows where `condition` is true among those where it is
    true or false; there is none when it is unknown for all.

    Example:
        - share_of: "cancelled"
          warn: {over: 10%}

    """

    shorthand: ClassVar[str] = "condition"

    condition: Condition

    def __post_init__(self) -> None:
        """Refuse what is no condition."""
        condition_columns(self.condition)

    def columns(self) -> tuple[str, ...]:
        """Return the columns that the condition reads."""
        return condition_columns(self.condition)

    def aggregates(self, view: View) -> Mapping[str, Aggregate]:
        """Return how many rows say yes, and how many say yes or no."""
        answer = compile_boolean(self.condition, view)
        known = (~answer.is_null()).cast(nw.Int64)
        return {"yes": Aggregate(answer.cast(nw.Int64).sum()), "known": Aggregate(known.sum())}

    def measure(self, state: Mapping[str, Any], view: View) -> Measure:  # noqa: ARG002 - the protocol's
        """Return the share."""
        yes, known = state["yes"] or 0, state["known"] or 0
        return Measure(yes / known if known else None, f"{yes:,} of {known:,} rows")
