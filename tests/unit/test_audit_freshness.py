"""Freshness is an age in UTC: late, missing or never, and no change of clocks makes it so."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dq_monitor.freshness import find_late, find_never, spell
from dq_monitor.model.pack import Freshness
from dq_monitor.model.verdict import Status

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LIMITS = Freshness("seen_at", warn_after=timedelta(hours=26), error_after=timedelta(hours=50))


@pytest.mark.parametrize(
    ("age", "status"),
    [
        pytest.param(timedelta(0), Status.PASS, id="just_now"),
        pytest.param(timedelta(hours=26), Status.PASS, id="exactly_the_limit_is_fresh"),
        pytest.param(timedelta(hours=26, microseconds=1), Status.WARN, id="past_warn"),
        pytest.param(timedelta(hours=50), Status.WARN, id="exactly_the_error_limit"),
        pytest.param(timedelta(hours=50, microseconds=1), Status.FAIL, id="past_error"),
        pytest.param(timedelta(hours=-3), Status.PASS, id="ahead_of_the_clock"),
    ],
)
def test_age_is_held_against_the_limits(age: timedelta, status: Status) -> None:
    assert find_late(LIMITS, NOW - age, "UTC", NOW).status is status


def test_a_late_table_says_how_old_it_is_and_what_was_allowed() -> None:
    found = find_late(LIMITS, NOW - timedelta(days=4, hours=2), "UTC", NOW)
    assert found.message == "late: newest seen_at is 4 d 2 h old, more than 50 h"
    assert found.expected == "warn after 26 h, fail after 50 h"
    assert found.value == timedelta(days=4, hours=2).total_seconds()


def test_a_future_value_counts_as_now_and_is_mentioned() -> None:
    found = find_late(LIMITS, NOW + timedelta(hours=3), "UTC", NOW)
    assert found.value == 0
    assert "3 h ahead of the clock" in found.message


def test_a_table_without_any_value_is_missing() -> None:
    found = find_late(LIMITS, None, "UTC", NOW)
    assert (found.status, found.value) == (Status.FAIL, None)
    assert found.message.startswith("missing:")


def test_a_table_that_was_never_written_fails() -> None:
    found = find_never(LIMITS, "silver.flights")
    assert found.status is Status.FAIL
    assert found.message == "never: nothing was ever written to silver.flights"


@pytest.mark.parametrize(
    ("newest", "zone", "hours"),
    [
        pytest.param(
            datetime.fromisoformat("2026-11-23T06:00"),
            "America/New_York",
            1,
            id="naive_in_its_zone",
        ),
        pytest.param(datetime(2026, 11, 23, 6, tzinfo=UTC), "Asia/Tokyo", 6, id="aware_keeps_its"),
        pytest.param(date(2026, 11, 23), "Europe/Berlin", 13, id="a_date_begins_at_midnight"),
    ],
)
def test_values_are_read_in_the_packs_timezone(
    newest: datetime | date, zone: str, hours: int
) -> None:
    found = find_late(LIMITS, newest, zone, NOW)
    assert found.value == timedelta(hours=hours).total_seconds()


@pytest.mark.parametrize(
    "zone",
    ["Europe/Berlin", "America/New_York", "Europe/London", "Australia/Lord_Howe", "UTC"],
)
def test_a_table_filled_every_quarter_hour_is_never_late_in_2026(zone: str) -> None:
    """The wall clock is written as naive local time over both changes of clocks."""
    limits = Freshness("seen_at", warn_after=timedelta(minutes=20))
    start = datetime(2026, 1, 1, tzinfo=UTC)
    late = []
    for quarter in range(365 * 24 * 4):
        now = start + timedelta(minutes=15 * quarter)
        local = now.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        if find_late(limits, local, zone, now).status is not Status.PASS:
            late.append(now)
    assert late == []


def test_a_year_beyond_the_calendar_is_in_the_future() -> None:
    assert (
        find_late(
            LIMITS, datetime.fromisoformat("9999-12-31T23:59"), "America/New_York", NOW
        ).status
        is Status.PASS
    )


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(seconds=20), "20 s"),
        (timedelta(minutes=15), "15 min"),
        (timedelta(hours=2, minutes=5), "2 h 5 min"),
        (timedelta(hours=50), "50 h"),
        (timedelta(days=3), "3 d"),
        (timedelta(days=5040, hours=3), "5,040 d 3 h"),
    ],
)
def test_spans_are_spelled_for_people(span: timedelta, words: str) -> None:
    assert spell(span) == words
