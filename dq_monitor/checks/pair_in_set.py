"""`pair_in_set`: the values of two columns are one of the pairs listed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

import narwhals.stable.v2 as nw
from pydantic import Field

from dq_monitor.checks._base import Row
from dq_monitor.checks._counting import any_true
from dq_monitor.checks._parameters import ColumnName, Scalar, distinct, finite
from dq_monitor.expression.comparison import is_in
from dq_monitor.expression.types import COMPARABLE, Value, column, constant
from dq_monitor.model.view import View

_MOST = 1_000
Cell = Scalar | None
Pairs = Annotated[tuple[tuple[Cell, Cell], ...], Field(min_length=1, max_length=_MOST)]


@dataclass(frozen=True, slots=True, kw_only=True)
class PairInSet(Row):
    """The values of two columns are one of the pairs listed.

    Passes where `column` and `other` hold one of `pairs`, fails where they hold none. A null in a
    pair stands for null or NaN; where a value is missing and no pair says so, the answer is
    unknown. Dates and timestamps are listed as ISO texts.

    Example:
        - pair_in_set: {column: origin, other: tz, pairs: [[EWR, -5], [JFK, -5], [LGA, -5]]}

    """

    fault: ClassVar[str] = "not in set"
    aliases: ClassVar[tuple[str, ...]] = ("expect_column_pair_values_to_be_in_set",)

    column: ColumnName
    other: Annotated[str, Field(min_length=1, description="the column it is paired with")]
    pairs: Annotated[Pairs, Field(description="the pairs that are allowed: [value, other's value]")]

    def __post_init__(self) -> None:
        """Refuse a column paired with itself, and values that nothing can equal."""
        distinct(self.columns())
        for value in (cell for pair in self.pairs for cell in pair):
            finite(value, "a value")

    def columns(self) -> tuple[str, ...]:
        """Return both columns."""
        return self.column, self.other

    def passes(self, view: View) -> nw.Expr:
        """Return whether the pair is listed, unknown where it is not and a value is missing."""
        one, other = (
            column(view, name, COMPARABLE, asked_by="pair_in_set") for name in self.columns()
        )
        listed = any_true(
            [
                _is_one_of(one, firsts, view) & _is_one_of(other, seconds, view)
                for firsts, seconds in _by_seconds(self.pairs)
            ]
        )
        complete = ~one.expr.is_null() & ~other.expr.is_null()
        return nw.when(listed | complete).then(listed)


def _by_seconds(pairs: Sequence[tuple[Cell, Cell]]) -> Iterator[tuple[list[Cell], list[Cell]]]:
    """Yield lists of firsts that have the same seconds: fewer comparisons than one a pair."""
    seconds: dict[tuple[type, Cell], list[Cell]] = {}
    for first, second in pairs:
        # 1 and true are equal in Python.
        seconds.setdefault((type(first), first), []).append(second)
    firsts: dict[tuple[tuple[type, Cell], ...], list[Cell]] = {}
    for (_, first), found in seconds.items():
        firsts.setdefault(tuple((type(cell), cell) for cell in found), []).append(first)
    for key, found in firsts.items():
        yield found, [cell for _, cell in key]


def _is_one_of(value: Value, cells: Sequence[Cell], view: View) -> nw.Expr:
    members = [constant(cell) for cell in cells if cell is not None]
    found = [is_in(value, members, view).expr] if members else []
    return any_true([*found, *([value.expr.is_null()] if None in cells else [])])
