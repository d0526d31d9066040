"""`expression`: a yes-or-no question in SQL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import narwhals.stable.v2 as nw

from dq_monitor.checks._base import Row
from dq_monitor.checks._parameters import Condition, condition_columns
from dq_monitor.expression import compile_boolean
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression(Row):
    """A yes-or-no question in SQL.

    Passes where the condition is true, fails where it is false, unknown where SQL says null.

    Example:
        - expression: "arr_delay >= dep_delay - 180"

    """

    fault: ClassVar[str] = "expression is false"
    shorthand: ClassVar[str] = "condition"
    aliases: ClassVar[tuple[str, ...]] = (
        "expression_is_true",
        "satisfies",
        "sql_expression",
    )

    condition: Condition

    def __post_init__(self) -> None:
        """Refuse what is no condition."""
        condition_columns(self.condition)

    def columns(self) -> tuple[str, ...]:
        """Return the columns that the condition reads."""
        return condition_columns(self.condition)

    def passes(self, view: View) -> nw.Expr:
        """Return the condition."""
        return compile_boolean(self.condition, view)
