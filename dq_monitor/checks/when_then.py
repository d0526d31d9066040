"""`when_then`: rows that pass one check pass another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import narwhals.stable.v2 as nw
from pydantic import Field

from dq_monitor.checks._base import Row
from dq_monitor.checks._nested import Composite, Nested, Part
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class WhenThen(Composite, Row):
    """Rows that pass one check pass another.

    Passes where `when` fails or `then` passes, fails where `when` passes and `then` fails, unknown
    where that cannot be told: as NOT when OR then in SQL. Both are checks that judge rows, written
    as in a rule, without options. A `where` beside a rule is the other way to ask it: rows that are
    not asked then do not count as passing.

    Example:
        - when_then:
            when: {compare: {column: cancelled, op: "=", value: true}}
            then: {is_null: arr_time}

    """

    fault: ClassVar[str] = "consequence fails"

    when: Annotated[Nested, Field(description="the check that says which rows are meant")]
    then: Annotated[Nested, Field(description="the check that these rows must pass")]

    def parts(self) -> tuple[Part, ...]:
        """Return both checks."""
        return self.when, self.then

    def passes(self, view: View) -> nw.Expr:
        """Return whether the one follows from the other."""
        return ~self.when.passes(view) | self.then.passes(view)
