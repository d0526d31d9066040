"""Spans and time zones on engines that know little of them: clock changes as constants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import narwhals.stable.v2 as nw

_FIRST = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = datetime(2100, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Change:
    """A moment at which the clocks of a zone were put forward or back."""

    at: datetime
    before: timedelta
    after: timedelta


@cache
def changes(zone: str) -> tuple[Change, ...]:
    """Return the clock changes of a zone from 1970 to 2100, oldest first."""
    found = []
    known = ZoneInfo(zone)
    day = _FIRST
    while day < _LAST:
        before, after = _offset(day, known), _offset(day + _DAY, known)
        if before != after:
            found.append(Change(_moment(day, known), before, after))
        day += _DAY
    return tuple(found)


def wall_clock(instant: nw.Expr, zone: str) -> nw.Expr:
    """Return what the clocks of a zone showed at an instant that is held in UTC.

    For engines without time zones: a search tree over the changes from 1970 to 2100. Before and
    after these the zone is taken to have stayed as it was at that end.
    """
    utc = instant.cast(nw.Datetime("us"))
    known = changes(zone)
    first = known[0].before if known else _offset(_FIRST, ZoneInfo(zone))
    offsets = (first, *(change.after for change in known))
    moments = [change.at.replace(tzinfo=None) for change in known]
    return stepwise(utc, moments, [moved(utc, offset) for offset in offsets])


def stepwise(value: nw.Expr, bounds: Sequence[Any], choices: Sequence[nw.Expr]) -> nw.Expr:
    """Return the choice that is due from the last bound on that `value` has reached.

    There is one choice more than bounds, for what lies before them. As a search tree: engines give
    up on expressions that are nested a hundred deep.
    """
    if not bounds:
        return choices[0]
    middle = len(bounds) // 2
    return (
        nw.when(value >= nw.lit(bounds[middle]))
        .then(stepwise(value, bounds[middle + 1 :], choices[middle + 1 :]))
        .otherwise(stepwise(value, bounds[:middle], choices[: middle + 1]))
    )


def moved(time: nw.Expr, span: timedelta) -> nw.Expr:
    """Return a time moved by a span, back by one below nothing.

    Days and the rest go one by one: Ibis takes no span of two units, nor one of nothing.
    """
    size = abs(span)
    for part in (timedelta(days=size.days), size - timedelta(days=size.days)):
        if part:
            time = time + nw.lit(part) if span > timedelta(0) else time - nw.lit(part)
    return time


def _offset(moment: datetime, zone: ZoneInfo) -> timedelta:
    offset = moment.astimezone(zone).utcoffset()
    assert offset is not None  # noqa: S101 - a moment in a zone has one
    return offset


def _moment(day: datetime, zone: ZoneInfo) -> datetime:
    """Return the second of a day at which its offset changes."""
    low, high = day, day + _DAY
    before = _offset(low, zone)
    while high - low > _SECOND:
        middle = low + timedelta(seconds=(high - low) // _SECOND // 2)
        low, high = (middle, high) if _offset(middle, zone) == before else (low, middle)
    return high
