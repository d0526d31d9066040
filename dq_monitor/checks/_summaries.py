"""The aggregates of a metric as parts of a state: how each is measured, merged and read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import narwhals.stable.v2 as nw

from dq_monitor.checks import _moments
from dq_monitor.checks._numbers import real
from dq_monitor.expression.metric import COUNT, DISTINCT, ROWS
from dq_monitor.model.check import Aggregate, Merge

SPREADS = frozenset({"STDDEV", "VARIANCE"})
State = Mapping[str, Any]


def parts(op: str, value: nw.Expr | None) -> dict[str, Aggregate]:
    """Return the state of one aggregate; without a value rows are counted."""
    if value is None or op == ROWS:
        return {"count": Aggregate(nw.len())}
    if op in SPREADS:
        return _moments.parts(value, 2)
    if op == DISTINCT:
        return {
            "kinds": Aggregate(value.n_unique(), Merge.NONE),
            "nulls": Aggregate(value.null_count(), Merge.NONE),
        }
    count = {"count": Aggregate(value.count())}
    if op == COUNT:
        return count
    reduced = {
        "MIN": Aggregate(value.min(), Merge.MIN),
        "MAX": Aggregate(value.max(), Merge.MAX),
        "MEDIAN": Aggregate(value.quantile(0.5, interpolation="linear"), Merge.NONE),
    }.get(op, Aggregate(value.sum()))
    return {"value": reduced, **count}


def queried(rows: nw.LazyFrame[Any], op: str, value: nw.Expr | None) -> nw.LazyFrame[Any]:
    """Return one row with the state of one aggregate, for engines that lack a function for it."""
    if value is not None and op in SPREADS:
        return _moments.centred(rows, value)
    if value is not None and op == DISTINCT:
        kind = nw.col("kind")
        kinds = rows.select(value.alias("kind")).filter(~kind.is_null()).group_by("kind")
        counted = kinds.agg(nw.len().alias("rows")).select(nw.len().alias("kinds"))
        return counted.with_columns(nulls=nw.lit(0))
    return rows.select(*(part.expr.alias(name) for name, part in parts(op, value).items()))


def result(op: str, state: State, what: str) -> float | None:
    """Return an aggregate's value from its state; None where SQL says null.

    Raises ValueError where infinities leave none; `what` names the metric in its message.
    """
    if op in SPREADS:
        found = _moments.moments(state, f"values of {what}").variance
        return found if found is None or op == "VARIANCE" else found**0.5
    if op == DISTINCT:
        return float((state["kinds"] or 0) - bool(state["nulls"]))
    count = int(state["count"] or 0)
    if op in {ROWS, COUNT}:
        return float(count)
    if not count:
        return None
    value = real(state["value"])
    if value is None:
        raise ValueError(f"values of {what} are infinite: it has no {op}")
    return value / count if op == "AVG" else value


def merged(op: str, one: State, other: State) -> State:
    """Return the state of both; aggregates that do not add up never come here."""
    if op in SPREADS:
        return _moments.merged(one, other)
    return {
        name: _added(_PICKS.get(op, sum) if name == "value" else sum, one[name], other[name])
        for name in one
    }


_PICKS: Mapping[str, Callable[[list[Any]], Any]] = {"MIN": min, "MAX": max}


def _added(pick: Callable[[list[Any]], Any], one: Any, other: Any) -> Any:
    known = [value for value in (one, other) if value is not None]
    return pick(known) if known else None
