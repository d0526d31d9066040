"""`inferred_type`: the texts of a column are all of a type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from dq_monitor.checks._base import OneColumn, Table
from dq_monitor.checks._counting import count_of
from dq_monitor.checks._parameters import listed
from dq_monitor.expression.types import Type, column
from dq_monitor.model.check import Aggregate, Family, Measure, Measures
from dq_monitor.model.view import View

Kind = Literal["boolean", "integer", "number", "date", "timestamp", "text"]

_YEARS = "([0-9][0-9][0-9][1-9]|[0-9][0-9][1-9][0-9]|[0-9][1-9][0-9][0-9]|[1-9][0-9][0-9][0-9])"
_LEAP = "([0-9][0-9](0[48]|[2468][048]|[13579][26])|(0[48]|[2468][048]|[13579][26])00)"
_DATE = (
    f"({_YEARS}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])"
    "|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))"
    f"|{_LEAP}-02-29)"
)
_ZONE = "(Z|[+-]([01][0-9]|2[0-3]):?[0-5][0-9])"
_TIME = f"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{{1,9}})?)?{_ZONE}?"
# From the narrowest on: all values that one holds, the later of its kind hold too.
PATTERNS: Mapping[Kind, str] = {
    "boolean": "([Tt]rue|TRUE|[Ff]alse|FALSE)",
    "integer": "[+-]?[0-9]+",
    "number": "[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]{1,3})?",
    "date": _DATE,
    "timestamp": f"{_DATE}([T ]{_TIME})?",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class InferredType(OneColumn, Table):
    """The texts of a column are all of a type.

    The value is 0 where the narrowest type that all values can be read as is one of `type`, and 1
    where it is another: `boolean` (true or false), `integer`, `number`, `date` (2013-07-01),
    `timestamp` (2013-07-01 05:30:00, with a zone or without), or `text` for everything else, an
    empty text too. There is no value where all are null. The column itself is one of texts; for
    what the table says of its columns there is `column_type`.

    Example:
        - inferred_type: {column: flight, type: [integer, number]}

    """

    family: ClassVar[Family] = Family.SCHEMA
    measures: ClassVar[Measures] = Measures.VIOLATIONS
    shorthand: ClassVar[str] = ""
    aliases: ClassVar[tuple[str, ...]] = ("hasDataType", "ColumnDataType")

    types: Annotated[
        tuple[Kind, ...],
        Field(alias="type", min_length=1, description="what all can be read as; one of several"),
        BeforeValidator(listed, json_schema_input_type=Kind | tuple[Kind, ...]),
    ]

    def aggregates(self, view: View) -> Mapping[str, Aggregate]:
        """Return how many values there are, and how many can be read as each type."""
        text = column(view, self.column, {Type.STRING}, asked_by="inferred_type").expr
        # Java takes the end of a text for reached where a line break follows.
        one_line = ~text.str.contains("[\n\r\x85\u2028\u2029]")
        return {
            "known": Aggregate(count_of(~text.is_null())),
            **{
                kind: Aggregate(count_of(text.str.contains(f"^{pattern}$") & one_line))
                for kind, pattern in PATTERNS.items()
            },
        }

    def measure(self, state: Mapping[str, Any], view: View) -> Measure:  # noqa: ARG002 - the protocol's
        """Return whether the narrowest type is another, and which it is."""
        known = state["known"] or 0
        if not known:
            return Measure(None, "no values")
        inferred = next((kind for kind in PATTERNS if state[kind] == known), "text")
        note = f"all {known:,} values can be read as {inferred}"
        return Measure(float(inferred not in self.types), note)
