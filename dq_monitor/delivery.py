"""Takes what is due out of the outbox to its receivers: at least once, each receiver by itself."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from dq_monitor.errors import DeliveryFailed, DqmError, SettingsInvalid, UnknownName
from dq_monitor.failpoints import Failpoint, failpoint
from dq_monitor.message import from_json
from dq_monitor.model.incident import Message
from dq_monitor.model.outbox import Delivery, Outgoing, OutgoingKind
from dq_monitor.ports import Channel, Emitter
from dq_monitor.registry import plugs, suggest
from dq_monitor.settings import ChannelSettings, resolve_secret

# The waits of Standard Webhooks: ten attempts over three days, then it is dead.
SCHEDULE = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
)
JITTER = 0.2
LONGEST_WAIT = timedelta(days=7)  # a receiver that asks for more is not believed
LEASE = timedelta(minutes=1)
BATCH = 100

T = TypeVar("T")


class Outbox(Protocol):
    """What waits to leave the house; the store keeps it."""

    def claim(self, owner: str, now: datetime, lease: timedelta, limit: int) -> Sequence[Delivery]:
        """Lease what is due, oldest first; of one group only the oldest that is not delivered."""
        ...

    def sent(self, delivery_id: int, now: datetime) -> None:
        """Record that it was taken."""
        ...

    def retry(self, delivery_id: int, due_at: datetime, error: str) -> None:
        """Record a failed attempt and when the next one is due."""
        ...

    def dead(self, delivery_id: int, now: datetime, error: str) -> None:
        """Record that it is given up; people see it and may requeue it."""
        ...


@dataclass(frozen=True, slots=True)
class Receivers:
    """Where deliveries go, by the name that is in the outbox."""

    channels: Mapping[str, Channel] = field(default_factory=dict)
    emitters: Mapping[str, Emitter] = field(default_factory=dict)

    def hand_over(self, outgoing: Outgoing) -> None:
        """Deliver once; raise DeliveryFailed, or whatever error the receiver's plug has."""
        if outgoing.kind is OutgoingKind.ALERT:
            _named(self.channels, outgoing).send(_parsed(from_json, outgoing))
        else:
            _named(self.emitters, outgoing).emit(_parsed(json.loads, outgoing))


@dataclass(frozen=True, slots=True)
class Tally:
    """How many deliveries came out how; `held` wait because their receiver just failed."""

    sent: int = 0
    retried: int = 0
    dead: int = 0
    held: int = 0


class Courier:
    """Delivers what is due, each receiver in a thread of its own, and keeps the outbox's books.

    Keep one for as long as a process delivers. A receiver that fails is left alone for as long as
    it asked for (5 s if it did not say), so a dead one costs each round one timeout of its own
    thread; what was claimed for it meanwhile becomes due again when its lease ends.
    """

    def __init__(
        self,
        outbox: Outbox,
        receivers: Receivers,
        *,
        owner: str,
        rng: random.Random,
        lease: timedelta = LEASE,
    ) -> None:
        """`owner` names this process in the leases."""
        self._outbox = outbox
        self._receivers = receivers
        self._owner = owner
        self._rng = rng
        self._lease = lease
        self._lanes: dict[tuple[str, str], _Lane] = {}
        self._flying: dict[int, Future[_Attempt]] = {}

    def deliver_due(self, now: datetime, patience: float | None = None) -> Tally:
        """Deliver until nothing more is due at `now`.

        `patience` is how many seconds to wait for receivers that have not answered yet: they go on
        by themselves and a later call records how they came out. None waits for all of them.
        """
        counted: Counter[str] = Counter()
        while True:
            launched = self._launch(now)
            settled = self._settle(now, patience)
            if not launched and not settled:
                return Tally(**counted)
            counted += settled

    def close(self) -> None:
        """Stop; what was not attempted becomes due again when its lease ends."""
        for lane in self._lanes.values():
            lane.close()

    def _launch(self, now: datetime) -> int:
        claimed = self._outbox.claim(self._owner, now, self._lease, BATCH)
        # A lease can end while its delivery still waits for a slow receiver's thread.
        fresh = [delivery for delivery in claimed if delivery.id not in self._flying]
        for delivery in fresh:
            place = (delivery.outgoing.kind.value, delivery.outgoing.channel)
            lane = self._lanes.setdefault(place, _Lane(self._receivers))
            self._flying[delivery.id] = lane.submit(delivery, now)
        return len(fresh)

    def _settle(self, now: datetime, patience: float | None) -> Counter[str]:
        finished, _ = wait(self._flying.values(), timeout=patience)
        outcomes: Counter[str] = Counter()
        for attempt in [future.result() for future in finished]:
            outcomes[self._record(attempt, now)] += 1
            del self._flying[attempt.delivery.id]
        return outcomes

    def _record(self, attempt: _Attempt, now: datetime) -> str:
        delivery, failure = attempt.delivery, attempt.failure
        if attempt.held:
            return "held"
        if failure is None:
            failpoint(Failpoint.HANDED_OVER)
            self._outbox.sent(delivery.id, now)
            return "sent"
        if failure.permanent or delivery.attempts >= len(SCHEDULE):
            self._outbox.dead(delivery.id, now, _reason(failure))
            return "dead"
        due_at = now + _wait(delivery.attempts, failure.retry_after, self._rng)
        self._outbox.retry(delivery.id, due_at, _reason(failure))
        return "retried"


def deliver_due(
    outbox: Outbox, receivers: Receivers, now: datetime, owner: str, rng: random.Random
) -> Tally:
    """Deliver until nothing more is due at `now`, waiting for every receiver; then stop."""
    courier = Courier(outbox, receivers, owner=owner, rng=rng)
    try:
        return courier.deliver_due(now)
    finally:
        courier.close()


def open_channels(settings: Mapping[str, ChannelSettings]) -> dict[str, Channel]:
    """Make each channel of the settings.

    Raises UnknownName for a kind that does not exist and SettingsInvalid for a secret that is not
    there, both naming the channel: before a batch is written for which nobody could be told.
    """
    return {name: _opened(name, one) for name, one in settings.items()}


def send_now(name: str, channel: Channel, message: Message) -> None:
    """Deliver past the outbox; raise DeliveryFailed naming the channel."""
    try:
        channel.send(message)
    except DeliveryFailed as error:
        raise DeliveryFailed(f"channel {name!r}: {error.detail}", fix=error.fix) from error
    except SettingsInvalid as error:
        raise SettingsInvalid(f"channel {name!r}: {error.detail}", fix=error.fix) from error


@dataclass(frozen=True, slots=True)
class _Attempt:
    """How one delivery came out; `held` was not attempted at all."""

    delivery: Delivery
    failure: DeliveryFailed | None = None
    held: bool = False


class _Lane:
    """One receiver's own thread: a slow one delays nobody else, a failing one is left alone."""

    def __init__(self, receivers: Receivers) -> None:
        self._receivers = receivers
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="dqm-delivery")
        self._held_until: datetime | None = None

    def submit(self, delivery: Delivery, now: datetime) -> Future[_Attempt]:
        return self._pool.submit(self._attempt, delivery, now)

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _attempt(self, delivery: Delivery, now: datetime) -> _Attempt:
        if self._held_until and now < self._held_until:
            return _Attempt(delivery, held=True)
        try:
            self._receivers.hand_over(delivery.outgoing)
        except DeliveryFailed as failure:
            if not failure.permanent:
                self._held_until = now + _asked(failure.retry_after)
            return _Attempt(delivery, failure)
        except DqmError as error:  # a secret that is not set: mended by hand, then it goes out
            return _Attempt(delivery, DeliveryFailed(error.detail, fix=error.fix))
        except Exception as error:  # noqa: BLE001 - a plug's bug must not stop the other receivers
            return _Attempt(delivery, DeliveryFailed(f"the plug broke: {type(error).__name__}"))
        return _Attempt(delivery)


def _opened(name: str, settings: ChannelSettings) -> Channel:
    kinds = plugs("dq_monitor.alerts")
    if settings.kind not in kinds:
        raise UnknownName(
            f"channel {name!r} is of kind {settings.kind!r}", fix=suggest(settings.kind, kinds)
        )
    try:
        for reference in filter(None, (settings.url, settings.secret)):
            resolve_secret(reference)
        channel: Channel = kinds[settings.kind](settings)
    except SettingsInvalid as error:
        raise SettingsInvalid(f"channel {name!r}: {error.detail}", fix=error.fix) from error
    return channel


def _reason(error: DqmError) -> str:
    """Return the error on one line: the outbox is a list."""
    return f"{error.detail} (fix: {error.fix})" if error.fix else error.detail


def _wait(attempts: int, retry_after: float | None, rng: random.Random) -> timedelta:
    """Return the wait before the next attempt; jitter only ever adds, so Retry-After is kept."""
    base = SCHEDULE[attempts] if retry_after is None else _asked(retry_after)
    return base * (1 + JITTER * rng.random())


def _asked(retry_after: float | None) -> timedelta:
    least, most = SCHEDULE[0].total_seconds(), LONGEST_WAIT.total_seconds()
    return timedelta(seconds=min(max(retry_after or 0.0, least), most))


def _named(known: Mapping[str, T], outgoing: Outgoing) -> T:
    if outgoing.channel not in known:
        raise DeliveryFailed(
            f"no {outgoing.kind.value} receiver is called {outgoing.channel!r}", permanent=True
        )
    return known[outgoing.channel]


def _parsed(parse: Callable[[str], T], outgoing: Outgoing) -> T:
    try:
        return parse(outgoing.payload)
    except ValueError as error:
        raise DeliveryFailed("the payload cannot be read", permanent=True) from error
