"""Judges how old a table is: fresh, late, missing or never written."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dq_monitor.model.check import Kind
from dq_monitor.model.pack import Freshness
from dq_monitor.model.rule import OnFail
from dq_monitor.model.verdict import Finding, Status

RULE = "freshness"


def find_late(
    limits: Freshness, newest: datetime | date | None, timezone: str, now: datetime
) -> Finding:
    """Judge the newest value of a table that exists; None is a table without any value."""
    if newest is None:
        return finding(limits, Status.FAIL, f"missing: {limits.column} has no value in any row")
    age = now - instant(newest, timezone, now)
    if age < timedelta(0):
        note = f"newest {limits.column} lies {spell(-age)} ahead of the clock, read as now"
        return finding(limits, Status.PASS, note, timedelta(0))
    tripped, status = _tripped(limits, age)
    if tripped is None:
        return finding(limits, status, f"newest {limits.column} is {spell(age)} old", age)
    message = f"late: newest {limits.column} is {spell(age)} old, more than {spell(tripped)}"
    return finding(limits, status, message, age)


def find_never(limits: Freshness, table: str) -> Finding:
    """Judge a table that nobody ever wrote, although a pack guards it."""
    return finding(limits, Status.FAIL, f"never: nothing was ever written to {table}")


def instant(value: datetime | date, timezone: str, now: datetime) -> datetime:
    """Return `value` as a UTC instant; a date is its first moment in `timezone`.

    A naive timestamp in the hour that a clock change repeats has two readings: the later one that
    is not ahead of `now` counts, so that the change of clocks makes nothing look old.
    """
    if not isinstance(value, datetime):
        value = datetime.combine(value, time.min)
    if value.tzinfo is not None:
        return value.astimezone(UTC)
    zone = ZoneInfo(timezone)
    try:
        readings = [value.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (1, 0)]
    except OverflowError:
        return value.replace(tzinfo=UTC)
    return next((reading for reading in readings if reading <= now), min(readings))


def spell(span: timedelta) -> str:
    """Return a duration for people: `3 d 2 h`, `50 h`, `15 min`, `20 s`."""
    seconds = int(span.total_seconds())
    days, hours = divmod(seconds // 3600, 24)
    if seconds >= 3 * 86_400:
        return f"{days:,} d {hours} h" if hours else f"{days:,} d"
    hours, minutes = divmod(seconds // 60, 60)
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{minutes} min" if minutes else f"{seconds} s"


def finding(
    limits: Freshness, status: Status, message: str, age: timedelta | None = None
) -> Finding:
    """Return the one finding of a freshness audit; its value is the age in seconds."""
    return Finding(
        rule_id=RULE,
        check=RULE,
        kind=Kind.TABLE,
        status=status,
        message=message,
        columns=(limits.column,),
        expected=_expected(limits),
        on_fail=OnFail.KEEP,
        value=None if age is None else age.total_seconds(),
    )


def _tripped(limits: Freshness, age: timedelta) -> tuple[timedelta | None, Status]:
    if limits.error_after is not None and age > limits.error_after:
        return limits.error_after, Status.FAIL
    if limits.warn_after is not None and age > limits.warn_after:
        return limits.warn_after, Status.WARN
    return None, Status.PASS


def _expected(limits: Freshness) -> str:
    parts = [f"warn after {spell(limits.warn_after)}"] if limits.warn_after is not None else []
    parts += [f"fail after {spell(limits.error_after)}"] if limits.error_after is not None else []
    return ", ".join(parts)
