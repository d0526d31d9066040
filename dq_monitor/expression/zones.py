"""Time zones on engines that know none: the clock changes of a zone as constants."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
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
    return _shifted(utc, (first, *(change.after for change in known)), known)


def _shifted(utc: nw.Expr, offsets: tuple[timedelta, ...], between: tuple[Change, ...]) -> nw.Expr:
    """Return `utc` moved by the offset that holds; one more offset than changes between them."""
    if not between:
        # Ibis cannot tell what unit nothing at all would have
        return utc + nw.lit(offsets[0]) if offsets[0] else utc
    middle = len(between) // 2
    later = utc >= nw.lit(between[middle].at.replace(tzinfo=None))
    return (
        nw.when(later)
        .then(_shifted(utc, offsets[middle + 1 :], between[middle + 1 :]))
        .otherwise(_shifted(utc, offsets[: middle + 1], between[:middle]))
    )


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
