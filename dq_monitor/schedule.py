"""Says which slot of a cron schedule is due: pure, in UTC, whatever clocks and zones do."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from apscheduler.triggers.cron import CronTrigger

from dq_monitor.errors import PackInvalid

_FIRST_WINDOW = timedelta(hours=1)
_LONGEST_WINDOW = timedelta(days=1600)  # more than four years: "0 0 29 2 *" has a slot in it
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NAME = re.compile("|".join(_DAYS[:7]), re.IGNORECASE)
_DAY_PART = re.compile(r"(\*|[0-7])(?:-([0-7]))?(?:/([1-7]))?")


def due(cron: str, last: datetime | None, now: datetime) -> datetime | None:
    """Return the latest slot that is not after `now`, or None when `last` is that slot.

    Slots that were slept through collapse into the latest one: one catch-up, not a burst. After
    a clock went back an earlier slot is due again: whether it was judged only the log can say.
    """
    slot = latest_slot(cron, now)
    return None if slot == last else slot


def latest_slot(cron: str, now: datetime) -> datetime | None:
    """Return the last moment at or before `now` that `cron` names; None when there was none."""
    schedule = trigger(cron)
    window = _FIRST_WINDOW
    while True:
        slot = _next(schedule, now - window)
        if slot is not None and slot <= now:
            break
        if window >= _LONGEST_WINDOW:
            return None
        window = min(window * 4, _LONGEST_WINDOW)
    while (later := _next(schedule, slot + timedelta(seconds=1))) is not None and later <= now:
        slot = later
    return slot


@lru_cache(maxsize=256)
def trigger(cron: str) -> CronTrigger:
    """Return the trigger of a five-field cron expression in UTC; raise PackInvalid for a bad one.

    Days of the week are cron's own (0 and 7 are Sunday): APScheduler counts from Monday.
    """
    fields = cron.split()
    try:
        if len(fields) == 5:  # noqa: PLR2004 - minute, hour, day, month, day of the week
            fields[4] = _weekdays(fields[4])
        return CronTrigger.from_crontab(" ".join(fields), timezone=UTC)
    except ValueError as error:
        raise PackInvalid(
            f"schedule {cron!r}: {error}", fix="use five cron fields in UTC, such as 0 6 * * *"
        ) from error


def _weekdays(field: str) -> str:
    numbered = _NAME.sub(lambda name: str(_DAYS.index(name[0].lower())), field)
    return ",".join(day for part in numbered.split(",") for day in _days(part))


def _days(part: str) -> list[str]:
    """Return the days that one part of the field names; what is no such part stays as it is."""
    match = _DAY_PART.fullmatch(part)
    if match is None:
        return [part]
    first, last, step = match.groups()
    if first == "*":
        first, last = "0", "6"
    end = int(last or (6 if step else first))
    return [_DAYS[day] for day in range(int(first), end + 1, int(step or 1))] or [part]


def _next(schedule: CronTrigger, moment: datetime) -> datetime | None:
    found: datetime | None = schedule.get_next_fire_time(None, moment)
    return found
