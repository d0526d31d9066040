"""`monotonic`: values only rise, or only fall, from one moment to the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import narwhals.stable.v2 as nw
from pydantic import Field

from dq_monitor.checks._base import Alone, Set
from dq_monitor.checks._keys import Keys
from dq_monitor.checks._parameters import By, ColumnName, Flag, OneOrMore, distinct
from dq_monitor.checks._series import NEW, ORDERED, Series, previous, require_types, series
from dq_monitor.model.check import Family, Stored


@dataclass(frozen=True, slots=True, kw_only=True)
class Monotonic(Alone, Set):
    """Values only rise, or only fall, from one moment to the next.

    Passes where the value is not below (with `direction: decreasing` not above) any value of the
    moment before, in the order of `order_by` and within its group of `by`; with `strict` it must
    not be equal either. The first moment of a group passes, and rows of one moment are not held
    against each other. The moment before may be a stored one. A row that comes in before a stored
    one is held against that one too, as stored rows are not judged again. Fails otherwise, unknown
    where the value or a part of its place is null or NaN.

    Example:
        - monotonic: {column: odometer, order_by: time_hour, by: [tailnum]}

    """

    fault: ClassVar[str] = "out of order"
    family: ClassVar[Family] = Family.TIME
    stored: ClassVar[Stored] = Stored.ALL
    aliases: ClassVar[tuple[str, ...]] = (
        "expect_column_values_to_be_increasing",
        "expect_column_values_to_be_decreasing",
    )

    column: ColumnName
    order_by: Annotated[OneOrMore, Field(description="the columns that say what comes before what")]
    by: By = ()
    direction: Annotated[
        Literal["increasing", "decreasing"], Field(description="where the values go")
    ] = "increasing"
    strict: Annotated[Flag, Field(description="the same value again fails")] = False

    def __post_init__(self) -> None:
        """Refuse a column that is named twice."""
        distinct(self.columns())

    def columns(self) -> tuple[str, ...]:
        """Return the group, the order and the value."""
        return (*self.by, *self.order_by, self.column)

    def failing(self, keys: Keys, others: Keys | None) -> Keys:
        """Return the batch's keys that break the order."""
        seen = series(keys, others, self.columns())
        require_types(seen, (*self.order_by, self.column), ORDERED, "monotonic")
        if seen.nothing:
            return seen.rows
        found = [self._below_the_moment_before(seen)]
        if others is not None:
            found.append(self._above_the_stored_moment_after(seen))
        return seen.restored(nw.concat(found))

    def _below_the_moment_before(self, seen: Series) -> Keys:
        by, order, (value,) = map(seen.short, (self.by, self.order_by, (self.column,)))
        moments = seen.rows.group_by(*by, *order).agg(self._last(nw.col(value)).alias("edge"))
        moments = previous(moments, by, order, edge=nw.col("edge"))
        rows = seen.rows.filter(nw.col(NEW) == 1).join(moments, on=[*by, *order], how="inner")
        return rows.filter(self._breaks(nw.col("edge"), nw.col(value))).select(*by, *order, value)

    def _above_the_stored_moment_after(self, seen: Series) -> Keys:
        by, order, (value,) = map(seen.short, (self.by, self.order_by, (self.column,)))
        stored = nw.when(nw.col(NEW) == 0).then(nw.col(value))
        moments = seen.rows.group_by(*by, *order).agg(self._first(stored).alias("edge"))
        before = {f"p_{name}": nw.col(name) for name in order}
        moments = previous(moments, by, order, **before).select(*by, *before, "edge")
        moments = moments.rename({f"p_{name}": name for name in order})
        rows = seen.rows.filter(nw.col(NEW) == 1).join(moments, on=[*by, *order], how="inner")
        return rows.filter(self._breaks(nw.col(value), nw.col("edge"))).select(*by, *order, value)

    def _last(self, value: nw.Expr) -> nw.Expr:
        return value.max() if self.direction == "increasing" else value.min()

    def _first(self, value: nw.Expr) -> nw.Expr:
        return value.min() if self.direction == "increasing" else value.max()

    def _breaks(self, earlier: nw.Expr, later: nw.Expr) -> nw.Expr:
        low, high = (later, earlier) if self.direction == "increasing" else (earlier, later)
        return low <= high if self.strict else low < high
