"""Slots are judged once: over restarts, long stops, two schedulers and steps of the clock."""

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Barrier, Event, Thread

import polars as pl
import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from dq_monitor.errors import PackInvalid, StoreLocked
from dq_monitor.model.event import TableAudited
from dq_monitor.model.pack import Freshness, Pack, Schedule
from dq_monitor.model.verdict import Status
from dq_monitor.service.leader import FileLeader, leader_of
from dq_monitor.service.meters import Meters
from dq_monitor.service.scheduler import Beat, Scheduler
from dq_monitor.service.watch import Watch, Watched, watched
from dq_monitor.store import Store, open_store
from dq_monitor.store.audits import is_judged
from dq_monitor.tables.delta import DeltaTables

NOW = datetime(2026, 11, 23, 12, 7, tzinfo=UTC)
PACK = Pack(
    "silver.flights",
    "silver.flights",
    "f" * 64,
    freshness=Freshness("seen_at", error_after=timedelta(hours=1)),
    schedule=Schedule(freshness="*/15 * * * *", audit="0 6 * * *"),
)
FRESHNESS, FULL = watched({PACK.table: PACK})


@pytest.fixture
def tables(tmp_path: Path) -> DeltaTables:
    tables = DeltaTables(str(tmp_path / "warehouse"))
    pl.DataFrame({"seen_at": [NOW]}).write_delta(tables.uri(PACK.table))
    return tables


def watch_of(store: Store, tables: DeltaTables) -> Watch:
    judged = partial(is_judged, store.engine)
    return Watch({PACK.table: PACK}, tables, store.log, judged)


def audits(store: Store) -> list[TableAudited]:
    events = (recorded.event for recorded in store.log.read(0, 10_000))
    return [event for event in events if isinstance(event, TableAudited)]


def test_packs_say_what_is_watched() -> None:
    assert Watched(PACK.table, "freshness", "*/15 * * * *") == FRESHNESS
    assert Watched(PACK.table, "full", "0 6 * * *") == FULL


def test_a_schedule_that_is_no_cron_is_refused_at_the_start() -> None:
    bad = Pack("a", "a", "f", schedule=Schedule(audit="every day"))
    with pytest.raises(PackInvalid, match="every day"):
        watched({"a": bad})


def test_a_slot_is_judged_once_over_restarts(store: Store, tables: DeltaTables) -> None:
    assert watch_of(store, tables).look(FRESHNESS, NOW) is not None
    for minutes in (0, 1, 7):
        restarted = watch_of(store, tables)
        assert restarted.look(FRESHNESS, NOW + timedelta(minutes=minutes)) is None
    assert len(audits(store)) == 1


def test_after_a_long_stop_one_catch_up_tells_the_true_age(
    store: Store, tables: DeltaTables
) -> None:
    watch_of(store, tables).look(FRESHNESS, NOW)
    late = NOW + timedelta(days=3)
    restarted = watch_of(store, tables)
    for minutes in range(8):
        restarted.look(FRESHNESS, late + timedelta(minutes=minutes))
    before, after = audits(store)
    assert (before.verdict.status, after.verdict.status) == (Status.PASS, Status.FAIL)
    assert after.verdict.findings[0].value == timedelta(days=3).total_seconds()


def test_a_clock_that_steps_repeats_and_loses_no_slot(store: Store, tables: DeltaTables) -> None:
    watch = watch_of(store, tables)
    watch.look(FRESHNESS, NOW + timedelta(hours=1))
    for minutes in range(0, 75, 5):
        watch.look(FRESHNESS, NOW + timedelta(minutes=minutes))
    slots = [audit.audit_id.rpartition("T")[2] for audit in audits(store)]
    expected = ["12:00", "12:15", "12:30", "12:45", "13:00", "13:15"]
    assert sorted(slots) == [f"{slot}:00Z" for slot in expected]


def test_three_schedulers_give_each_slot_one_verdict(
    store: Store, store_url: str, tables: DeltaTables
) -> None:
    others = [open_store(store_url) for _ in range(2)]
    start = Barrier(3)

    def run(mine: Store) -> None:
        watch = watch_of(mine, tables)
        for quarter in range(20):
            start.wait()
            watch.look(FRESHNESS, NOW + timedelta(minutes=15 * quarter))

    threads = [Thread(target=run, args=[mine]) for mine in (store, *others)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ids = [audit.audit_id for audit in audits(store)]
    assert len(ids) == len(set(ids)) == 20
    for other in others:
        other.close()


def test_one_leader_at_a_time(tmp_path: Path) -> None:
    first, second = (FileLeader(tmp_path / "scheduler.lock") for _ in range(2))
    assert (first.lead(), first.lead(), second.lead()) == (True, True, False)
    first.leave()
    assert (second.lead(), first.lead()) == (True, False)
    second.leave()


def test_a_leader_that_dies_frees_the_lead(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path\n"
        "from dq_monitor.service.leader import FileLeader\n"
        "leader = FileLeader(Path(sys.argv[1])); print(leader.lead(), flush=True)\n"
        "sys.stdin.read()"
    )
    lock = tmp_path / "scheduler.lock"
    other = subprocess.Popen(
        [sys.executable, "-c", script, str(lock)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with other:
        assert other.stdout is not None
        assert other.stdout.readline() == "True\n"
        mine = FileLeader(lock)
        assert not mine.lead()
        other.kill()
    assert mine.lead()
    mine.leave()


def test_each_kind_of_store_has_one_leader(store: Store, store_url: str) -> None:
    other = open_store(store_url)
    first, second = leader_of(store.engine), leader_of(other.engine)
    assert (first.lead(), first.lead(), second.lead()) == (True, True, False)
    first.leave()
    assert (second.lead(), first.lead()) == (True, False)
    second.leave()
    other.close()


def test_a_lost_connection_loses_the_lead(postgres_url: str) -> None:
    mine, other = open_store(postgres_url), open_store(postgres_url)
    leader = leader_of(mine.engine)
    assert leader.lead()
    with other.engine.begin() as connection:
        ended = text("select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'")
        connection.execute(ended)
    assert not leader.lead()
    assert leader.lead()
    leader.leave()
    mine.close()
    other.close()


class Candidate:
    """A leader that does not lead until it is told to."""

    def __init__(self) -> None:
        self.may_lead = False

    def lead(self) -> bool:
        return self.may_lead

    def leave(self) -> None:
        self.may_lead = False


def looked_again(scheduler: Scheduler, again: Event) -> bool:
    scheduler.compete()
    return again.is_set()


def eventually(holds: Callable[[], bool]) -> bool:
    """Say whether it came true within ten seconds."""
    end = time.monotonic() + 10
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def test_only_the_leader_acts_and_looks_at_once_at_what_is_due(
    store: Store, tables: DeltaTables
) -> None:
    leader, beaten, both, asked = Candidate(), Event(), Event(), set[str]()

    def judged(audit_id: str) -> bool:
        asked.add(audit_id)
        if len(asked) == 2:
            both.set()
        return is_judged(store.engine, audit_id)

    watch = Watch({PACK.table: PACK}, tables, store.log, judged)
    beat = Beat("delivery", timedelta(hours=1), lambda _now: beaten.set())
    scheduler = Scheduler(watch, leader, Meters(), beats=[beat], clock=lambda: NOW)
    scheduler.start()
    scheduler.compete()
    assert not scheduler.leads
    leader.may_lead = True
    scheduler.compete()
    assert beaten.wait(10)
    assert both.wait(10)
    assert scheduler.stop()
    assert {audit.scope for audit in audits(store)} == {"freshness", "full"}
    assert not scheduler.leads


def test_a_beat_that_breaks_is_counted_and_comes_again(store: Store, tables: DeltaTables) -> None:
    leader, meters, again = Candidate(), Meters(), Event()
    leader.may_lead = True
    calls: list[datetime] = []

    def breaks(now: datetime) -> None:
        calls.append(now)
        if len(calls) > 1:
            again.set()
        raise ValueError("no")

    beat = Beat("delivery", timedelta(milliseconds=50), breaks)
    scheduler = Scheduler(watch_of(store, tables), leader, meters, beats=[beat], clock=lambda: NOW)
    scheduler.start()
    assert again.wait(10)
    assert scheduler.stop()
    assert meters.troubles("broke", "delivery") >= 1


def test_a_locked_store_is_one_warning_for_each_beat(store: Store, tables: DeltaTables) -> None:
    leader, meters, again = Candidate(), Meters(), Event()
    leader.may_lead = True

    def locked(now: datetime) -> None:
        if meters.troubles("locked", "delivery"):
            again.set()
        raise StoreLocked("sqlite:///store.db: database is locked", fix="wait")

    beat = Beat("delivery", timedelta(milliseconds=50), locked)
    with capture_logs() as logged:
        scheduler = Scheduler(
            watch_of(store, tables), leader, meters, beats=[beat], clock=lambda: NOW
        )
        scheduler.start()
        assert again.wait(10)
        assert scheduler.stop()
    lines = [line for line in logged if line.get("job") == "delivery"]
    assert {line["event"] for line in lines} == {"store locked"}
    assert lines[0] == {
        "event": "store locked",
        "job": "delivery",
        "error": "StoreLocked",
        "next": "tries again",
        "log_level": "warning",
    }


def test_a_slot_that_comes_while_the_last_is_judged_is_judged_after_it(
    store: Store, tables: DeltaTables
) -> None:
    leader, meters, asked = Candidate(), Meters(), list[str]()
    now, first, finish, second = [NOW], Event(), Event(), Event()

    def judged(audit_id: str) -> bool:
        asked.append(audit_id)
        (second if first.is_set() else first).set()
        assert finish.wait(10)
        return True

    pack = replace(PACK, schedule=Schedule(freshness="*/15 * * * *"))
    watch = Watch({pack.table: pack}, tables, store.log, judged)
    scheduler = Scheduler(watch, leader, meters, clock=lambda: now[0])
    with capture_logs() as logged:
        scheduler.start()
        leader.may_lead = True
        scheduler.compete()
        assert first.wait(10)
        leader.may_lead = False
        scheduler.compete()
        now[0] += timedelta(minutes=15)
        leader.may_lead = True
        scheduler.compete()
        assert eventually(lambda: meters.troubles("overrun", FRESHNESS.name) == 1)
        finish.set()
        assert eventually(lambda: looked_again(scheduler, second))
        assert scheduler.stop()
    assert [name.rpartition("T")[2] for name in asked[:2]] == ["12:00:00Z", "12:15:00Z"]
    overrun = {"event": "overrun", "job": FRESHNESS.name, "log_level": "info"}
    assert {**overrun, "next": "runs again after this run"} in logged
