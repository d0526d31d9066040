"""The courier: schedule, Retry-After, giving up, and that no receiver waits for another."""

from __future__ import annotations

import random
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from dq_monitor.delivery import JITTER, SCHEDULE, Courier, Receivers, Tally, open_channels
from dq_monitor.errors import DeliveryFailed, SettingsInvalid, UnknownName
from dq_monitor.message import to_json, trial
from dq_monitor.model.incident import Message
from dq_monitor.model.outbox import Delivery, DeliveryState, Outgoing, OutgoingKind
from dq_monitor.settings import ChannelSettings

START = datetime(2026, 11, 23, 18, tzinfo=UTC)
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


@dataclass
class Row:
    """One delivery of the outbox in memory."""

    outgoing: Outgoing
    due_at: datetime
    attempts: int = 0
    state: DeliveryState = DeliveryState.PENDING
    leased_until: datetime = START - DAY
    error: str = ""


class MemoryOutbox:
    """The outbox as the store keeps it, in a list; a delivery's id is its place."""

    def __init__(self) -> None:
        self.rows: list[Row] = []

    def put(self, channel: str, payload: str | None = None) -> Row:
        key = f"key {len(self.rows)}"
        payload = to_json(trial(key, channel, START)) if payload is None else payload
        outgoing = Outgoing(key, OutgoingKind.ALERT, channel, payload, START)
        self.rows.append(Row(outgoing, START))
        return self.rows[-1]

    def claim(self, owner: str, now: datetime, lease: timedelta, limit: int) -> Sequence[Delivery]:
        due = [
            place
            for place, row in enumerate(self.rows)
            if row.state is DeliveryState.PENDING and row.due_at <= now >= row.leased_until
        ][:limit]
        for place in due:
            self.rows[place].leased_until = now + lease
        return [Delivery(n, self.rows[n].outgoing, self.rows[n].attempts) for n in due]

    def sent(self, delivery_id: int, now: datetime) -> None:
        self.rows[delivery_id].state = DeliveryState.SENT

    def retry(self, delivery_id: int, due_at: datetime, error: str) -> None:
        row = self.rows[delivery_id]
        row.attempts, row.due_at, row.error, row.leased_until = (
            row.attempts + 1,
            due_at,
            error,
            START,
        )

    def dead(self, delivery_id: int, now: datetime, error: str) -> None:
        row = self.rows[delivery_id]
        row.state, row.error = DeliveryState.DEAD, error


@dataclass
class Scripted:
    """A channel that raises what it is told in turn, then takes everything."""

    failures: list[Exception] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    asked: int = 0

    def send(self, message: Message) -> None:
        self.asked += 1
        if self.failures:
            raise self.failures.pop(0)
        self.taken.append(message.key)


class Stuck:
    """A channel that does not answer until it is let go."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.taken: list[str] = []

    def send(self, message: Message) -> None:
        self.go.wait()
        self.taken.append(message.key)


def seeded() -> random.Random:
    return random.Random(7)  # noqa: S311 - jitter, no secret


def courier(outbox: MemoryOutbox, **channels: Scripted | Stuck) -> Courier:
    return Courier(outbox, Receivers(channels), owner="me", rng=seeded())


def down(count: int = 1, **kind: float | bool) -> list[Exception]:
    return [DeliveryFailed("chat answered 500", **kind) for _ in range(count)]  # type: ignore[arg-type]  # a float and a bool by name


def test_what_is_due_is_sent_once() -> None:
    outbox, chat = MemoryOutbox(), Scripted()
    outbox.put("chat")
    mine = courier(outbox, chat=chat)
    assert mine.deliver_due(START) == Tally(sent=1)
    assert mine.deliver_due(START + DAY) == Tally()
    assert chat.taken == ["key 0"]


def test_a_failure_is_tried_again_under_the_same_key() -> None:
    outbox, chat = MemoryOutbox(), Scripted(down())
    row = outbox.put("chat")
    mine = courier(outbox, chat=chat)
    assert mine.deliver_due(START) == Tally(retried=1)
    assert row.error == "chat answered 500"
    assert mine.deliver_due(row.due_at - SECOND) == Tally()
    assert mine.deliver_due(row.due_at) == Tally(sent=1)
    assert chat.taken == ["key 0"]


def test_waits_follow_the_schedule_with_jitter_and_end_in_death() -> None:
    outbox, chat = MemoryOutbox(), Scripted(down(20))
    row = outbox.put("chat")
    mine, now = courier(outbox, chat=chat), START
    waits = []
    while row.state is DeliveryState.PENDING:
        mine.deliver_due(now)
        waits.append(row.due_at - now)
        now = row.due_at
    for wait, planned in zip(waits, SCHEDULE, strict=False):
        assert planned <= wait <= planned * (1 + JITTER)
    assert row.state is DeliveryState.DEAD
    assert chat.asked == len(SCHEDULE) + 1


def test_two_deliveries_that_fail_together_do_not_come_back_together() -> None:
    outbox = MemoryOutbox()
    rows = [outbox.put("a"), outbox.put("b")]
    courier(outbox, a=Scripted(down()), b=Scripted(down())).deliver_due(START)
    assert rows[0].due_at != rows[1].due_at


@pytest.mark.parametrize(
    ("asked", "least", "most"),
    [(0.0, 5, 6), (120.0, 120, 144), (10_000.0, 10_000, 12_000), (1e12, 604_800, 725_760)],
    ids=["at once", "two minutes", "hours", "never"],
)
def test_retry_after_is_kept_within_reason(asked: float, least: int, most: int) -> None:
    outbox = MemoryOutbox()
    row = outbox.put("chat")
    courier(outbox, chat=Scripted(down(retry_after=asked))).deliver_due(START)
    assert least * SECOND <= row.due_at - START <= most * SECOND


def test_nothing_else_goes_to_a_receiver_before_the_time_it_asked_for() -> None:
    outbox, chat = MemoryOutbox(), Scripted(down(retry_after=600.0))
    for _ in range(3):
        outbox.put("chat")
    mine = courier(outbox, chat=chat)
    assert mine.deliver_due(START) == Tally(retried=1, held=2)
    assert mine.deliver_due(START + 599 * SECOND) == Tally(held=2)
    assert chat.asked == 1
    assert [row.attempts for row in outbox.rows] == [1, 0, 0]
    assert mine.deliver_due(START + DAY) == Tally(sent=3)


def test_a_permanent_failure_is_dead_at_once_and_holds_up_nobody() -> None:
    outbox, chat = MemoryOutbox(), Scripted(down(permanent=True))
    first, _ = outbox.put("chat"), outbox.put("chat")
    assert courier(outbox, chat=chat).deliver_due(START) == Tally(sent=1, dead=1)
    assert first.state is DeliveryState.DEAD


@pytest.mark.parametrize(
    ("channel", "payload", "words"),
    [
        ("gone", None, "no alert receiver is called 'gone'"),
        ("chat", "{", "the payload cannot be read"),
        ("chat", '{"key": 1}', "the payload cannot be read"),
    ],
    ids=["channel was removed", "no JSON", "no message"],
)
def test_what_can_never_be_delivered_is_dead_and_says_why(
    channel: str, payload: str | None, words: str
) -> None:
    outbox = MemoryOutbox()
    row = outbox.put(channel, payload)
    assert courier(outbox, chat=Scripted()).deliver_due(START) == Tally(dead=1)
    assert row.error == words


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (SettingsInvalid("environment variable SLACK_URL is not set"), "SLACK_URL is not set"),
        (RuntimeError("https://hooks.example/SECRET"), "the plug broke: RuntimeError"),
    ],
    ids=["a missing secret", "a bug"],
)
def test_other_errors_are_tried_again_and_show_no_secret(error: Exception, words: str) -> None:
    outbox = MemoryOutbox()
    row = outbox.put("chat")
    assert courier(outbox, chat=Scripted([error])).deliver_due(START) == Tally(retried=1)
    assert words in row.error
    assert "SECRET" not in row.error


def test_a_stuck_receiver_delays_no_other_and_is_recorded_later() -> None:
    outbox, chat, stuck = MemoryOutbox(), Scripted(), Stuck()
    outbox.put("stuck")
    outbox.put("chat")
    mine = courier(outbox, chat=chat, stuck=stuck)
    assert mine.deliver_due(START, patience=0.05) == Tally(sent=1)
    later = START + timedelta(hours=1)  # its lease is over: it is claimed anew, and still flies
    outbox.put("chat")
    assert mine.deliver_due(later, patience=0.05) == Tally(sent=1)
    stuck.go.set()
    assert mine.deliver_due(later) == Tally(sent=1)
    assert stuck.taken == ["key 0"]
    assert chat.taken == ["key 1", "key 2"]


def test_a_thousand_alerts_survive_a_receiver_that_takes_one_in_ten() -> None:
    class Busy(Scripted):
        def send(self, message: Message) -> None:
            self.asked += 1
            if self.asked % 10 == 0:
                raise DeliveryFailed("busy", retry_after=1.0)
            self.taken.append(message.key)

    outbox, chat = MemoryOutbox(), Busy()
    for _ in range(1000):
        outbox.put("chat")
    mine, now = courier(outbox, chat=chat), START
    for _ in range(200):
        mine.deliver_due(now)
        now += timedelta(minutes=2)
    assert sorted(chat.taken) == sorted(row.outgoing.key for row in outbox.rows)
    assert all(row.state is DeliveryState.SENT for row in outbox.rows)


class Kept:
    """An emitter that keeps what it is given."""

    def __init__(self) -> None:
        self.events: list[Mapping[str, object]] = []

    def emit(self, event: Mapping[str, object]) -> None:
        self.events.append(event)


def test_lineage_goes_to_the_emitter_of_its_name() -> None:
    outbox, emitter = MemoryOutbox(), Kept()
    row = outbox.put("lineage", '{"eventType": "START"}')
    row.outgoing = replace(row.outgoing, kind=OutgoingKind.LINEAGE)
    receivers = Receivers({"lineage": Scripted()}, {"lineage": emitter})
    mine = Courier(outbox, receivers, owner="me", rng=seeded())
    assert mine.deliver_due(START) == Tally(sent=1)
    assert emitter.events == [{"eventType": "START"}]


def test_channels_are_made_from_the_settings() -> None:
    made = open_channels({"here": ChannelSettings(kind="console")})
    assert type(made["here"]).__name__ == "Console"


def test_an_unknown_kind_of_channel_names_the_nearest() -> None:
    with pytest.raises(UnknownName, match=r"channel 'chat' .* 'slak'\n.*did you mean 'slack'"):
        open_channels({"chat": ChannelSettings(kind="slak")})


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (
            ChannelSettings(kind="slack", url="env:NOT_SET_HERE"),
            "variable NOT_SET_HERE is not set\n  fix: export NOT_SET_HERE",
        ),
        (ChannelSettings(kind="webhook"), 'the url is missing\n  fix: add url = "env:NAME"'),
    ],
    ids=["a variable that is not set", "no url"],
)
def test_a_channel_that_cannot_work_is_named_before_anything_is_sent(
    settings: ChannelSettings, words: str
) -> None:
    with pytest.raises(SettingsInvalid) as caught:
        open_channels({"chat": settings})
    assert "channel 'chat': " in str(caught.value)
    assert words in str(caught.value)


def test_what_the_outbox_keeps_of_a_failure_is_one_line_with_its_fix() -> None:
    outbox = MemoryOutbox()
    rows = [outbox.put("chat"), outbox.put("hook")]
    chat = Scripted([SettingsInvalid("NAME is not set", fix="export NAME")])
    hook = Scripted([DeliveryFailed("not public", permanent=True, fix="allow it")])
    courier(outbox, chat=chat, hook=hook).deliver_due(START)
    assert [row.error for row in rows] == [
        "NAME is not set (fix: export NAME)",
        "not public (fix: allow it)",
    ]
