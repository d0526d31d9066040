"""Two bounds and what lies between them: numbers, dates and timestamps."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Annotated, Any

from pydantic import Strict

from dq_monitor.checks._parameters import Number, finite
from dq_monitor.expression.comparison import read_time
from dq_monitor.expression.types import Value, constant

Bound = Number | Annotated[str, Strict()]


def check_bounds(low: Bound | None, high: Bound | None, *, strict: bool) -> None:
    """Refuse bounds that are not finite or that nothing lies between; `strict` leaves one out."""
    least, most = _read(low), _read(high)
    if least is not None and most is not None:
        _check_order(least, most, strict=strict)


def bound_value(bound: Bound) -> Value:
    """Return a bound as a value to compare with."""
    return constant(_read(bound))


def _read(bound: Bound | None) -> float | date | datetime | None:
    finite(bound, "a bound")
    return read_time(bound) if isinstance(bound, str) else bound


def _check_order(low: float | date, high: float | date, *, strict: bool) -> None:
    try:
        empty, touching = _key(low) > _key(high), _key(low) == _key(high)
    except TypeError as error:
        raise ValueError(f"min {low} and max {high} cannot be compared") from error
    if empty:
        raise ValueError(f"min {low} is above max {high}")
    if strict and touching:
        raise ValueError(f"nothing lies between min {low} and max {high}")


def _key(bound: float | date) -> Any:
    if isinstance(bound, date) and not isinstance(bound, datetime):
        return datetime.combine(bound, time())
    return bound
