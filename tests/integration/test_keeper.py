"""Care is taken at each slot once, by whoever leads, over restarts and long stops."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Event

import polars as pl
import pytest

from dq_monitor.care import Caretaker
from dq_monitor.model.care import Care
from dq_monitor.model.event import TableMaintained
from dq_monitor.model.pack import Pack
from dq_monitor.model.table import quarantine_of
from dq_monitor.service.keeper import Keeper, Kept, kept
from dq_monitor.service.leader import leader_of
from dq_monitor.service.meters import Meters
from dq_monitor.service.scheduler import Chore, Scheduler
from dq_monitor.service.watch import Watch
from dq_monitor.store import Store
from dq_monitor.store.audits import is_cared_for, is_judged
from dq_monitor.tables.delta import DeltaTables

NOW = datetime(2026, 11, 23, 12, 7, tzinfo=UTC)
PACK = Pack("silver.trips", "silver.trips", "f" * 64, care=Care(at="30 3 * * *"))
(JOB,) = kept({PACK.table: PACK, "silver.other": Pack("silver.other", "silver.other", "f")})


@pytest.fixture
def tables(tmp_path: Path) -> DeltaTables:
    tables = DeltaTables(str(tmp_path / "warehouse"))
    for name in (PACK.table, quarantine_of(PACK.table)):
        pl.DataFrame({"trip": [1]}).write_delta(tables.uri(name))
    return tables


def keeper_of(store: Store, tables: DeltaTables) -> Keeper:
    caretaker = Caretaker(tables, store.log, lambda: datetime.now(UTC))
    return Keeper({PACK.table: PACK}, caretaker, partial(is_cared_for, store.engine))


def taken(store: Store) -> list[str]:
    events = (recorded.event for recorded in store.log.read(0, 1_000))
    return [event.table for event in events if isinstance(event, TableMaintained)]


def test_only_packs_that_ask_for_care_get_it() -> None:
    assert Kept(PACK.table, Care(at="30 3 * * *")) == JOB
    assert JOB.name == "care of silver.trips"


def test_a_slot_is_taken_once_over_restarts(store: Store, tables: DeltaTables) -> None:
    keeper_of(store, tables).look(JOB, NOW)
    for minutes in (0, 1, 60):
        assert keeper_of(store, tables).look(JOB, NOW + timedelta(minutes=minutes)) == ()
    assert taken(store) == ["silver.trips", "quarantine.silver.trips"]


def test_slots_that_were_slept_through_are_made_up_for_once(
    store: Store, tables: DeltaTables
) -> None:
    keeper = keeper_of(store, tables)
    for at in (NOW, NOW + timedelta(days=5), NOW + timedelta(days=5, hours=1)):
        keeper.look(JOB, at)
    assert len(taken(store)) == 4


def test_a_run_that_died_between_the_two_tables_goes_on(store: Store, tables: DeltaTables) -> None:
    (first, second) = keeper_of(store, tables).look(JOB, NOW)
    assert (first.table, second.table) == ("silver.trips", "quarantine.silver.trips")
    caretaker = Caretaker(tables, store.log, lambda: datetime.now(UTC))
    again = Keeper({PACK.table: PACK}, caretaker, lambda one: one == first.care_id)
    assert [event.table for event in again.look(JOB, NOW)] == ["quarantine.silver.trips"]


def test_a_run_is_kept_in_the_history_of_both_tables(store: Store, tables: DeltaTables) -> None:
    keeper_of(store, tables).look(JOB, NOW)
    for name in (PACK.table, quarantine_of(PACK.table)):
        assert store.views.metric_names(name) == ["care.bytes", "care.files"]
        assert [metric.value for metric in store.views.metric(name, "care.files")] == [1]
    assert store.views.tables() == []  # nobody wrote a row


def test_a_table_that_is_not_there_yet_waits(store: Store, tmp_path: Path) -> None:
    assert keeper_of(store, DeltaTables(str(tmp_path))).look(JOB, NOW) == ()


def test_the_leader_does_its_chores_at_once(store: Store, tables: DeltaTables) -> None:
    done = Event()
    judged = partial(is_judged, store.engine)
    watch = Watch({PACK.table: PACK}, tables, store.log, judged)
    keeper = keeper_of(store, tables)

    def look(now: datetime) -> None:
        keeper.look(JOB, now)
        done.set()

    chore = Chore(JOB.name, JOB.care.at, look)
    scheduler = Scheduler(
        watch, leader_of(store.engine), Meters(), chores=[chore], clock=lambda: NOW
    )
    scheduler.start()
    assert done.wait(10)
    assert scheduler.stop()
    assert len(taken(store)) == 2
