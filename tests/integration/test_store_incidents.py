"""Incidents and cursors: what followers write, and what people said stays said."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from dq_monitor.errors import StoreUnavailable, UnknownName
from dq_monitor.model.incident import Incident, IncidentState
from dq_monitor.model.outbox import Changes, LineageRow, Outgoing, OutgoingKind
from dq_monitor.model.verdict import Status
from dq_monitor.store import Store
from dq_monitor.store.schema import lineage_events
from tests.store_events import HOSTILE, NOW, TABLE, later


def incident(name: str = "i1", **more: Any) -> Incident:
    plain = Incident(
        id=name,
        table=TABLE,
        rule_id="foreign_key.dest",
        segment="",
        state=IncidentState.OPEN,
        severity=Status.FAIL,
        title="59 rows fail foreign_key.dest",
        opened_at=NOW,
        last_seen_at=NOW,
        owner="flight-ops",
    )
    return replace(plain, **more)


def put(store: Store, *incidents: Incident) -> None:
    place = store.cursors.position("incidents") + 1
    store.cursors.advance("incidents", place, Changes(incidents=incidents))


def state_of(store: Store) -> IncidentState:
    (found,) = store.views.incidents(open_only=False)
    return found.state


@pytest.mark.parametrize("name", HOSTILE, ids=["sql", "quotes", "emoji", "long", "long emoji"])
def test_an_incident_comes_back_as_it_was_put_in(store: Store, name: str) -> None:
    odd = incident(name, table=name, rule_id=name, segment=name, title=name, owner=name)
    put(store, odd)
    assert store.incidents.current(name) == [odd]


def test_an_incident_is_updated_by_its_id(store: Store) -> None:
    put(store, incident())
    again = incident(times_seen=2, last_seen_at=later(5), severity=Status.ERROR)
    put(store, again)
    assert store.incidents.current(TABLE) == [again]


def test_a_resolved_incident_is_no_longer_current(store: Store) -> None:
    put(store, incident("i1"), incident("i2"), incident("i3", table="gold.routes"))
    put(store, incident("i1", state=IncidentState.RESOLVED))
    store.incidents.resolve("i2", later(1))
    assert store.incidents.current(TABLE) == []
    assert [one.id for one in store.views.incidents()] == ["i3"]
    assert len(store.views.incidents(open_only=False)) == 3


def test_a_resolved_incident_is_not_opened_by_what_someone_says(store: Store) -> None:
    put(store, incident())
    store.incidents.resolve("i1", later(1))
    with pytest.raises(UnknownName, match=r"open incident 'i1'\n.*dqm incidents"):
        store.incidents.acknowledge("i1", "ana")
    assert state_of(store) is IncidentState.RESOLVED


def test_what_is_acknowledged_stays_so_when_it_is_seen_again(store: Store) -> None:
    put(store, incident())
    store.incidents.acknowledge("i1", "ana")
    put(store, incident(times_seen=2, last_seen_at=later(5)))
    (found,) = store.incidents.current(TABLE)
    assert (found.state, found.times_seen) == (IncidentState.ACKNOWLEDGED, 2)


def test_a_mute_holds_until_its_time_and_then_it_speaks_again(store: Store) -> None:
    put(store, incident())
    store.incidents.mute("i1", later(60))
    assert store.incidents.current(TABLE)[0].muted_until == later(60)
    put(store, incident(last_seen_at=later(59)))
    assert state_of(store) is IncidentState.MUTED
    assert store.incidents.current(TABLE)[0].muted_until == later(60)
    put(store, incident(last_seen_at=later(60)))
    assert state_of(store) is IncidentState.OPEN
    assert store.incidents.current(TABLE)[0].muted_until is None


def test_a_follower_resolves_whatever_people_said(store: Store) -> None:
    put(store, incident())
    store.incidents.acknowledge("i1", "ana")
    put(store, incident(state=IncidentState.RESOLVED, last_seen_at=later(5)))
    assert state_of(store) is IncidentState.RESOLVED


def test_an_unknown_incident_is_named(store: Store) -> None:
    with pytest.raises(UnknownName, match="'nobody'"):
        store.incidents.acknowledge("nobody", "ana")
    with pytest.raises(UnknownName, match="'nobody'"):
        store.incidents.mute("nobody", NOW)
    with pytest.raises(UnknownName, match="'nobody'"):
        store.incidents.resolve("nobody", NOW)


def test_incidents_are_listed_worst_then_newest(store: Store) -> None:
    put(
        store,
        incident("warned", severity=Status.WARN, opened_at=later(9)),
        incident("old", opened_at=later(-9)),
        incident("new"),
        incident("broken", severity=Status.ERROR, opened_at=later(-20)),
    )
    assert [one.id for one in store.views.incidents()] == ["broken", "new", "old", "warned"]


def test_cursors_stand_alone_and_start_at_nought(store: Store) -> None:
    store.cursors.advance("incidents", 7, Changes())
    assert store.cursors.position("incidents") == 7
    assert store.cursors.position("lineage") == 0


def test_an_event_that_was_followed_is_not_applied_again(store: Store) -> None:
    row = LineageRow("r1", "START", "make silver.flights", NOW, "{}")
    store.cursors.advance("lineage", 5, Changes(lineage=(row,)))
    store.cursors.advance("lineage", 5, Changes(lineage=(row,)))
    store.cursors.advance("lineage", 4, Changes(lineage=(row,)))
    assert store.cursors.position("lineage") == 5
    with store.engine.connect() as connection:
        kept = connection.execute(select(lineage_events)).all()
    assert [tuple(one)[1:] for one in kept] == [("r1", "START", row.job, NOW, "{}")]


def test_changes_and_cursor_are_written_both_or_neither(store: Store) -> None:
    with store.engine.begin() as connection:
        lineage_events.drop(connection)
    changes = Changes(
        outgoing=(Outgoing("k", OutgoingKind.ALERT, "ops", "{}", NOW),),
        incidents=(incident(),),
        lineage=(LineageRow("r1", "START", "job", NOW, "{}"),),
    )
    with pytest.raises(StoreUnavailable, match="lineage_events"):
        store.cursors.advance("all", 1, changes)
    assert store.cursors.position("all") == 0
    assert store.outbox.next_due() is None
    assert store.incidents.current(TABLE) == []
