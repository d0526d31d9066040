"""Slots are UTC moments: no change of clocks doubles or loses one."""

from datetime import UTC, datetime, timedelta

import pytest

from dq_monitor.errors import PackInvalid
from dq_monitor.schedule import due, latest_slot, trigger

NOON = datetime(2026, 11, 23, 12, 7, 30, tzinfo=UTC)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("cron", "slot"),
    [
        pytest.param("*/15 * * * *", "2026-11-23T12:00", id="every_quarter_hour"),
        pytest.param("7 12 * * *", "2026-11-23T12:07", id="this_minute"),
        pytest.param("0 6 * * *", "2026-11-23T06:00", id="this_morning"),
        pytest.param("0 18 * * *", "2026-11-22T18:00", id="yesterday_evening"),
        pytest.param("0 3 * * 0", "2026-11-22T03:00", id="sunday_is_0"),
        pytest.param("0 3 * * 7", "2026-11-22T03:00", id="sunday_is_7"),
        pytest.param("0 3 * * 1-5", "2026-11-23T03:00", id="monday_is_1"),
        pytest.param("0 3 * * 0-2", "2026-11-23T03:00", id="range_from_sunday"),
        pytest.param("0 3 * * sun-mon", "2026-11-23T03:00", id="range_of_names"),
        pytest.param("0 3 * * */2", "2026-11-22T03:00", id="every_other_day_from_sunday"),
        pytest.param("0 3 * * *", "2026-11-23T03:00", id="every_day"),
        pytest.param("0 3 * * sat", "2026-11-21T03:00", id="day_by_name"),
        pytest.param("0 0 29 2 *", "2024-02-29T00:00", id="leap_day"),
    ],
)
def test_latest_slot_is_at_or_before_now(cron: str, slot: str) -> None:
    assert latest_slot(cron, NOON) == at(slot)


def test_a_slot_is_due_once() -> None:
    slot = due("*/15 * * * *", None, NOON)
    assert slot == at("2026-11-23T12:00")
    assert due("*/15 * * * *", slot, NOON) is None


def test_a_long_stop_leaves_one_slot_to_catch_up() -> None:
    last = NOON - timedelta(days=40)
    assert due("*/15 * * * *", last, NOON) == at("2026-11-23T12:00")


def test_after_a_clock_went_forward_and_back_every_slot_is_still_offered() -> None:
    last = due("*/15 * * * *", None, NOON + timedelta(hours=1))
    offered = set()
    for minute in range(60):
        slot = due("*/15 * * * *", last, NOON + timedelta(minutes=minute))
        last = slot or last
        offered.add(last)
    assert offered == {
        at(f"2026-11-23T{hour}") for hour in ("12:00", "12:15", "12:30", "12:45", "13:00")
    }


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25", "2026-03-08", "2026-11-01"])
def test_each_day_of_a_clock_change_has_24_hourly_slots(day: str) -> None:
    start = at(f"{day}T00:00")
    ticks = [start + timedelta(minutes=minute) for minute in range(24 * 60)]
    slots = [latest_slot("30 * * * *", now) for now in ticks[30:]]
    assert len(set(slots)) == 24


@pytest.mark.parametrize(
    "cron", ["", "* * *", "61 * * * *", "0 6 * * noday", "0 6 * * 8", "0 6 * * 5-2"]
)
def test_a_bad_schedule_is_named(cron: str) -> None:
    with pytest.raises(PackInvalid, match="five cron fields"):
        trigger(cron)


def test_a_schedule_that_never_comes_has_no_slot() -> None:
    assert due("0 0 30 2 *", None, NOON) is None
