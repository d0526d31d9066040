"""`sequential`: numbers or times follow each other by a fixed step."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, ClassVar

import narwhals.stable.v2 as nw
from pydantic import Field

from dq_monitor.checks._base import Alone, Set
from dq_monitor.checks._keys import Keys
from dq_monitor.checks._parameters import By, ColumnName, Integer, distinct, duration
from dq_monitor.checks._series import NEW, Series, previous, require_types, series
from dq_monitor.expression.types import TIMES, Type, type_of
from dq_monitor.expression.zones import moved
from dq_monitor.model.check import Family, Stored

_DAY = timedelta(days=1)
_LOWEST = -(2**63)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sequential(Alone, Set):
    """Numbers or times follow each other by a fixed step.

    Passes where the next smaller value of the same group of `by` is exactly `step` less, among the
    batch's rows and the stored ones, and for the smallest value of a group. Fails after a gap, and
    for a value that is there twice. Unknown where the value or a part of its group is null or NaN.
    `step` is a whole number, or a duration for dates and timestamps.

    Example:
        - sequential: {column: leg, by: [flight_date, tailnum]}

    """

    fault: ClassVar[str] = "gap"
    family: ClassVar[Family] = Family.TIME
    stored: ClassVar[Stored] = Stored.ALL
    aliases: ClassVar[tuple[str, ...]] = ("sequential_values",)

    column: ColumnName
    by: By = ()
    step: Annotated[
        Annotated[Integer, Field(ge=1)] | str,
        Field(description="from one value to the next: 1, or 1h, 1d for times"),
    ] = 1

    def __post_init__(self) -> None:
        """Refuse a column that is named twice, and a step of nothing."""
        distinct(self.columns())
        if isinstance(self.step, str) and not duration(self.step):
            raise ValueError(f"step {self.step!r} is no step: it must be longer than nothing")

    def columns(self) -> tuple[str, ...]:
        """Return the group and the value."""
        return (*self.by, self.column)

    def failing(self, keys: Keys, others: Keys | None) -> Keys:
        """Return the batch's keys that do not follow their predecessor."""
        seen = series(keys, others, self.columns())
        needs = {Type.INTEGER} if isinstance(self.step, int) else TIMES
        require_types(seen, (self.column,), needs, f"sequential with step {self.step}")
        if seen.nothing:
            return seen.rows
        by, (value,) = seen.short(self.by), seen.short((self.column,))
        follows = self._follows(seen, nw.col("before"), nw.col(value))
        values = seen.rows.group_by(*by, value).agg(
            nw.col(NEW).max().alias(NEW), nw.len().alias("times")
        )
        values = previous(values, by, [value], before=nw.col(value))
        fails = (nw.col("times") > 1) | (~nw.col("before").is_null() & ~follows)
        return seen.restored(values.filter(nw.col(NEW) == 1, fails))

    def _follows(self, seen: Series, before: nw.Expr, value: nw.Expr) -> nw.Expr:
        if isinstance(self.step, int):
            dtype = seen.rows.collect_schema()[seen.names[self.column]]
            return (_minus(value, self.step, dtype) == before).fill_null(value=False)
        step = duration(self.step)
        if type_of(seen.types[self.column]) is not Type.DATE:
            return moved(before, step) == value
        if step % _DAY:
            raise ValueError(
                f"column {self.column!r} is a date: step {self.step} must be whole days"
            )
        return moved(before.cast(nw.Datetime("us")), step) == value.cast(nw.Datetime("us"))


def _minus(value: nw.Expr, step: int, dtype: nw.dtypes.DType) -> nw.Expr:
    """Return the value less a step; null where that does not fit, and so no value can be it."""
    if dtype.is_unsigned_integer():
        return nw.when(value >= step).then(value - step)
    whole = value.cast(nw.Int64) if dtype != nw.Int128 else value
    return nw.when(whole >= _LOWEST + step).then(whole - step)
