"""Several at once: writers, a reader that follows them, and owners of the outbox."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from dq_monitor.model.outbox import Changes, Outgoing, OutgoingKind
from dq_monitor.store import Store
from tests.store_events import NOW, started

WRITERS, EACH = 4, 25


def test_a_follower_misses_no_event_of_concurrent_writers(store: Store) -> None:
    def write(writer: int) -> list[int]:
        return [store.log.append(started(f"w{writer}.{n}")) for n in range(EACH)]

    with ThreadPoolExecutor(WRITERS) as threads:
        writing = [threads.submit(write, writer) for writer in range(WRITERS)]
        seen: list[int] = []
        while len(seen) < WRITERS * EACH and not (_all(writing) and not _next(store, seen)):
            seen += _next(store, seen)
    given = sorted(place for one in writing for place in one.result())
    assert seen == given


def _next(store: Store, seen: Sequence[int]) -> list[int]:
    return [one.seq for one in store.log.read(after=seen[-1] if seen else 0)]


def _all(futures: Sequence[object]) -> bool:
    return all(future.done() for future in futures)  # type: ignore[attr-defined]  # futures


def test_two_owners_never_hold_one_delivery(store: Store) -> None:
    queue = tuple(
        Outgoing(f"k{n}", OutgoingKind.ALERT, "ops", "{}", NOW, group=f"g{n % 10}" if n % 2 else "")
        for n in range(60)
    )
    store.cursors.advance("incidents", 1, Changes(outgoing=queue))

    def work(owner: str) -> list[int]:
        mine: list[int] = []
        while claimed := store.outbox.claim(owner, NOW, timedelta(minutes=1), 3):
            mine += [delivery.id for delivery in claimed]
            for delivery in claimed:
                store.outbox.sent(delivery.id, NOW)
        return mine

    with ThreadPoolExecutor(4) as threads:
        claimed = [one for mine in threads.map(work, "abcd") for one in mine]
    # an owner may find a group's next one held back by another and go: what is left is claimed now
    claimed += work("last")
    assert len(claimed) == len(set(claimed)) == len(queue)


def test_two_processes_of_one_follower_apply_an_event_once(store: Store) -> None:
    def follow(owner: int) -> None:
        for seq in range(1, 11):
            changes = Changes(
                outgoing=(Outgoing(f"{owner}.{seq}", OutgoingKind.ALERT, "ops", "{}", NOW),)
            )
            store.cursors.advance("incidents", seq, changes)

    with ThreadPoolExecutor(3) as threads:
        list(threads.map(follow, range(3)))
    assert store.cursors.position("incidents") == 10
    assert len(store.views.deliveries()) == 10
