"""`allowed_transitions`: a status changes only as it may."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import narwhals.stable.v2 as nw
from pydantic import BeforeValidator, Field

from dq_monitor.checks._base import Alone, Set
from dq_monitor.checks._keys import Keys
from dq_monitor.checks._parameters import By, ColumnName, Integer, OneOrMore, distinct, pairs
from dq_monitor.checks._series import NEW, ORDERED, previous, require_types, series
from dq_monitor.expression.types import Type, type_of
from dq_monitor.model.check import Family, Stored

Status = str | Integer
Statuses = tuple[Status, ...]


Transitions = Annotated[
    tuple[tuple[str, Statuses], ...],
    Field(min_length=1, description="for each status those that may follow it"),
    BeforeValidator(pairs, json_schema_input_type=dict[str, Statuses]),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowedTransitions(Alone, Set):
    """A status changes only as it may.

    Passes where the status of the moment before, in the order of `order_by` and within its group of
    `by`, is the same or lists this one in `transitions`; the first status of a group passes, or
    must be one of `initial`. Fails where it is not so. Statuses of one moment are not held against
    each other, those of the next against all of them. The moment before may be a stored one. A row
    that comes in before a stored one fails too if that one may not follow it, as stored rows are
    not judged again. Unknown where the status or a part of its place is null or NaN.

    Example:
        - allowed_transitions:
            column: state
            by: [flight_id]
            order_by: changed_at
            transitions: {scheduled: [boarding, cancelled], boarding: [departed, cancelled]}
            initial: [scheduled]

    """

    fault: ClassVar[str] = "forbidden change"
    family: ClassVar[Family] = Family.TIME
    stored: ClassVar[Stored] = Stored.ALL

    column: ColumnName
    order_by: Annotated[OneOrMore, Field(description="the columns that say what comes before what")]
    by: By = ()
    transitions: Transitions
    initial: Annotated[Statuses, Field(description="what a group may begin with; empty: all")] = ()

    def __post_init__(self) -> None:
        """Refuse a column that is named twice."""
        distinct(self.columns())

    def columns(self) -> tuple[str, ...]:
        """Return the group, the order and the status."""
        return (*self.by, *self.order_by, self.column)

    def failing(self, keys: Keys, others: Keys | None) -> Keys:
        """Return the batch's keys at which, or before which, the status changes as it may not."""
        seen = series(keys, others, self.columns())
        require_types(seen, self.order_by, ORDERED, "allowed_transitions")
        require_types(seen, (self.column,), {Type.STRING, Type.INTEGER}, "allowed_transitions")
        if seen.nothing:
            return seen.rows
        kind = type_of(seen.types[self.column])
        by, order, (status,) = map(seen.short, (self.by, self.order_by, (self.column,)))
        states = seen.rows.group_by(*by, *order, status).agg(nw.col(NEW).max().alias(NEW))
        before = {name: f"p_{name}" for name in (*order, status, NEW)}
        moments = states.select(*by, *order).unique()
        moments = previous(moments, by, order, **{before[name]: nw.col(name) for name in order})
        # every state has its moment; Polars reorders inner joins, to where pairs are many
        placed = states.join(moments, on=[*by, *order], how="left")
        pairs = placed.join(
            states.rename(before), on=[*by, *(before[name] for name in order)], how="inner"
        )
        wrong = pairs.filter(~self._may_follow(nw.col(before[status]), nw.col(status), kind))
        spoilt = wrong.filter(nw.col(NEW) == 0, nw.col(before[NEW]) == 1)
        earlier = [nw.col(before[name]).alias(name) for name in (*order, status)]
        found = [
            wrong.filter(nw.col(NEW) == 1).select(*by, *order, status),
            spoilt.select(*by, *earlier),
        ]
        if self.initial:
            first = placed.filter(nw.col(NEW) == 1, nw.col(before[order[0]]).is_null())
            wrong_start = ~nw.col(status).is_in(self._constants(self.initial, kind))
            found.append(first.filter(wrong_start).select(*by, *order, status))
        return seen.restored(nw.concat(found))

    def _may_follow(self, earlier: nw.Expr, later: nw.Expr, kind: Type) -> nw.Expr:
        allowed = [
            (earlier == one) & later.is_in(self._constants(following, kind))
            for status, following in self.transitions
            for one in self._constants((status,), kind)
            if following
        ]
        return nw.any_horizontal(earlier == later, *allowed, ignore_nulls=False)

    def _constants(self, statuses: Statuses, kind: Type) -> list[Any]:
        """Return statuses as values of the column: the keys of a mapping are texts in YAML."""
        if kind is Type.STRING:
            return [str(status) for status in statuses]
        try:
            return [int(status) for status in statuses]
        except ValueError as error:
            raise ValueError(f"column {self.column!r} is an integer: {error}") from error
