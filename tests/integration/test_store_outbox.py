"""The outbox: leases, order within a group, retries, and what people put back."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from dq_monitor.errors import UnknownName
from dq_monitor.model.outbox import Changes, Outgoing, OutgoingKind
from dq_monitor.store import Store
from tests.store_events import HOSTILE, NOW, later

LEASE = timedelta(minutes=1)


def outgoing(key: str, group: str = "", channel: str = "ops", due: datetime = NOW) -> Outgoing:
    return Outgoing(key, OutgoingKind.LINEAGE, channel, f'{{"of": "{key}"}}', due, group)


def put(store: Store, *queue: Outgoing) -> None:
    store.cursors.advance("lineage", store.cursors.position("lineage") + 1, Changes(outgoing=queue))


def claim(store: Store, now: datetime = NOW, owner: str = "me", limit: int = 10) -> list[str]:
    return [one.outgoing.key for one in store.outbox.claim(owner, now, LEASE, limit)]


def ids(store: Store) -> dict[str, int]:
    claimed = store.outbox.claim("me", NOW, LEASE, 10)
    return {one.outgoing.key: one.id for one in claimed}


def test_a_delivery_comes_out_as_it_was_put_in(store: Store) -> None:
    queue = [outgoing(f"key {name}", group=name, channel=name) for name in HOSTILE]
    put(store, *queue)
    claimed = store.outbox.claim("me", NOW, LEASE, 10)
    assert [one.outgoing for one in claimed] == queue
    assert {one.attempts for one in claimed} == {0}


def test_the_same_key_is_queued_once(store: Store) -> None:
    put(store, outgoing("k"), outgoing("k"))
    put(store, outgoing("k"))
    assert claim(store) == ["k"]


def test_only_what_is_due_is_claimed_the_longest_waiting_first(store: Store) -> None:
    put(
        store,
        outgoing("second", due=later(-1)),
        outgoing("first", due=later(-2)),
        outgoing("early", due=later(1)),
    )
    assert claim(store, limit=1) == ["first"]
    assert claim(store) == ["second"]
    assert claim(store, later(1)) == ["first", "second", "early"]


def test_a_lease_keeps_others_away_until_it_ends(store: Store) -> None:
    put(store, outgoing("k"))
    assert claim(store, owner="a") == ["k"]
    assert claim(store, later(0.9), owner="b") == []
    assert claim(store, later(1), owner="b") == ["k"]


def test_a_group_leaves_in_order_and_holds_up_no_other(store: Store) -> None:
    put(
        store,
        *(outgoing("start", "run 1"), outgoing("complete", "run 1")),
        *(outgoing("start elsewhere", "run 1", channel="other"), outgoing("other run", "run 2")),
    )
    claimed = store.outbox.claim("me", NOW, LEASE, 10)
    assert [one.outgoing.key for one in claimed] == ["start", "start elsewhere", "other run"]
    assert claim(store) == []
    store.outbox.sent(claimed[0].id, NOW)
    assert claim(store) == ["complete"]


def test_one_behind_a_retry_waits_and_one_behind_a_dead_one_does_not(store: Store) -> None:
    put(store, outgoing("start", "run"), outgoing("complete", "run"))
    start = ids(store)["start"]
    store.outbox.retry(start, later(5), "503 from lineage.example")
    assert claim(store, later(4)) == []
    assert store.outbox.next_due() == later(5)
    store.outbox.dead(start, later(5), "410 from lineage.example")
    assert claim(store, later(5)) == ["complete"]


def test_a_retry_counts_and_keeps_the_key(store: Store) -> None:
    put(store, outgoing("k"))
    store.outbox.retry(ids(store)["k"], later(1), "timed out")
    (again,) = store.outbox.claim("me", later(1), LEASE, 10)
    assert (again.outgoing.key, again.attempts) == ("k", 1)
    (row,) = store.views.deliveries()
    assert (row.state, row.attempts, row.last_error) == ("pending", 1, "timed out")


def test_what_is_sent_is_gone_whatever_a_late_owner_says(store: Store) -> None:
    put(store, outgoing("k"))
    delivery = ids(store)["k"]
    store.outbox.sent(delivery, NOW)
    store.outbox.retry(delivery, later(1), "too late")
    store.outbox.dead(delivery, later(1), "too late")
    assert claim(store, later(9)) == []
    assert store.outbox.next_due() is None
    assert store.views.deliveries() == []


def test_a_dead_delivery_can_be_put_back_by_hand(store: Store) -> None:
    put(store, outgoing("k"))
    delivery = ids(store)["k"]
    store.outbox.dead(delivery, NOW, "gone")
    (row,) = store.views.deliveries()
    assert (row.state, row.last_error, row.attempts) == ("dead", "gone", 1)
    assert store.outbox.next_due() is None
    store.outbox.requeue(delivery, later(3))
    (again,) = store.outbox.claim("me", later(3), LEASE, 10)
    assert (again.outgoing.key, again.attempts) == ("k", 0)


def test_putting_back_what_is_not_dead_is_refused(store: Store) -> None:
    put(store, outgoing("k"))
    with pytest.raises(UnknownName, match="dead delivery 1"):
        store.outbox.requeue(1, NOW)


def test_next_due_is_when_something_can_be_claimed_again(store: Store) -> None:
    assert store.outbox.next_due() is None
    put(store, outgoing("k", due=later(-3)), outgoing("later", due=later(7)))
    assert store.outbox.next_due() == later(-3)
    claim(store)
    assert store.outbox.next_due() == later(1)
