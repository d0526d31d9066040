"""What a write leaves when it cannot end: the next one settles it, and loses no row over it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from dq_monitor.app import App
from dq_monitor.errors import CommitContended, StoreLocked, TableUnreadable
from dq_monitor.gate import Gate, Write
from dq_monitor.model.event import Origin
from dq_monitor.model.table import quarantine_of
from dq_monitor.store import open_store
from dq_monitor.tables.delta import Commit, DeltaTables
from dq_monitor.tables.place import Room
from dq_monitor.tables.snapshot import Snapshot
from dq_monitor.tables.staging import KEPT
from tests.acceptance.crash_house import TABLE, House, batch, deliver, make_house
from tests.acceptance.ledger import read_ledger, wrong
from tests.bucket_server import Warehouse
from tests.power_cut import CuttingLog, PowerCut

NOW = datetime(2026, 11, 23, tzinfo=UTC)
ORIGIN = Origin(job="test", run_id="00000000-0000-0000-0000-000000000001")


class CutOff(DeltaTables):
    """Tables whose power fails before the first commit."""

    def commit(self, table: str, commit: Commit, seen: Snapshot | None = None) -> int:
        raise PowerCut


def cut_off(tables: DeltaTables) -> CutOff:
    return CutOff(tables.root, tables.storage, leases=tables.leases)


class Rivalled(DeltaTables):
    """Tables to which a rival commits as soon as they have a new column."""

    def __init__(self, tables: DeltaTables, rival: App) -> None:
        super().__init__(tables.root, tables.storage, leases=tables.leases)
        self.rival = rival
        self.waits = True

    def open(self, table: str, version: int | None = None) -> Snapshot:
        now = super().open(table, version)
        if self.waits and "tip" in now.schema and table == TABLE:
            self.waits = False
            deliver(self.rival, batch("rival", with_shared=True))
            return super().open(table, version)
        return now


@pytest.fixture
def house(tmp_path: Path, sqlite_url: str, warehouse: Warehouse) -> House:
    return make_house(tmp_path / "house", sqlite_url, warehouse=warehouse)


def judged_only(app: App, key: str) -> str:
    """Write a batch as far as its verdict; return the id of the write."""
    with pytest.raises(PowerCut):
        replace(app, tables=cut_off(app.tables)).write(batch(key), TABLE, key=key)
    (write_id,) = app.store.log.open_writes()
    return write_id


@pytest.mark.parametrize("kept", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    ("at", "refused"),
    [
        ("write_started", False),
        ("write_judged", False),
        ("batch_committed", False),
        ("write_judged", True),
        ("write_rejected", True),
    ],
    ids=["start", "verdict", "commit", "verdict of a refusal", "refusal"],
)
def test_power_may_fail_around_each_fact(
    at: str, house: House, *, refused: bool, kept: bool
) -> None:
    rows = batch("two", refused=refused)
    with closing(house.open()) as app:
        first = deliver(app, batch("one"))
        log = CuttingLog(app.store.log, at, kept)
        gate = Gate(tables=app.tables, packs=app.packs, log=log, history=app.store.history)
        with pytest.raises(PowerCut):
            gate.write(
                Write(table=TABLE, frame=rows.lazy(), write_id="two", origin=ORIGIN, now=NOW)
            )
        app.gate.recover(NOW)
        again = app.gate.write(
            Write(table=TABLE, frame=rows.lazy(), write_id="two", origin=ORIGIN, now=NOW)
        )
        ids = {"one": first.write_id, "two": again.write_id}
        assert wrong({"one": batch("one"), "two": rows}, read_ledger(app, ids)) == []


@pytest.mark.parametrize("what", [".parquet", "schema.arrow"])
@pytest.mark.parametrize("table", [TABLE, quarantine_of(TABLE)], ids=["table", "quarantine"])
def test_a_judged_batch_whose_files_went_away_is_sent_again_whole(
    what: str, table: str, house: House, warehouse: Warehouse
) -> None:
    with closing(house.open()) as app:
        first = deliver(app, batch("one"))
        write_id = judged_only(app, "two")
        warehouse.lose(app.tables.staging(table, write_id).folder, what)
        app.gate.recover(NOW)
        assert app.store.log.open_writes() == []
        told = deliver(app, batch("two"))
        ids = {"one": first.write_id, "two": told.write_id}
        assert told.write_id == write_id
        assert wrong({"one": batch("one"), "two": batch("two")}, read_ledger(app, ids)) == []


def test_a_broken_table_does_not_keep_the_house_from_opening(
    house: House, warehouse: Warehouse
) -> None:
    with closing(house.open()) as app:
        deliver(app, batch("one"))
        judged_only(app, "two")
        log = f"{TABLE.replace('.', '/')}/_delta_log/{1:020}.json"
        whole = warehouse.read(log)
        warehouse.write(log, b'{"add')
    with closing(house.open()) as app:
        with pytest.raises(TableUnreadable, match=r"silver\.trips at .*\n  fix: restore"):
            deliver(app, batch("three"))
        warehouse.write(log, whole)
        assert deliver(app, batch("two")).replayed


def test_a_store_that_is_locked_at_the_verdict_leaves_nothing_for_good(house: House) -> None:
    with closing(house.open()) as app:
        told = [deliver(app, batch("one"))]
        impatient = open_store(house.store_url, busy_timeout=timedelta(milliseconds=20))
        holder = sqlite3.connect(impatient.engine.url.database or "", isolation_level=None)
        rows = batch("two")

        def lock(frame: pl.DataFrame) -> pl.DataFrame:
            if not holder.in_transaction:
                holder.execute("BEGIN EXCLUSIVE")
            return frame

        frame = rows.lazy().map_batches(lock, schema=rows.schema)
        with closing(impatient), closing(holder), pytest.raises(StoreLocked):
            replace(app, store=impatient).write(frame, TABLE, key="two")
        assert len(app.store.log.open_writes()) == 1
        app.gate.recover(NOW)
        told.append(deliver(app, rows))
        ledger = read_ledger(app, {one.key: one.write_id for one in told})
        assert wrong({"one": batch("one"), "two": rows}, ledger) == []


def test_a_rival_between_a_new_column_and_the_commit_is_noticed(house: House) -> None:
    with closing(house.open()) as app, closing(house.open()) as rival:
        deliver(app, batch("one"))
        tables = Rivalled(app.tables, rival)
        wider = batch("two", with_shared=True).with_columns(tip=pl.lit(1.0))
        replace(app, tables=tables).write(wider, TABLE, key="two")
        assert not tables.waits
        trips = app.tables.scan(TABLE).collect()["trip"]
        assert trips.n_unique() == len(trips)


def test_a_file_that_comes_late_from_a_failed_pass_stays_out_of_the_batch(
    warehouse: Warehouse,
) -> None:
    staging = warehouse.tables().staging("silver.t", "one")
    schema = pl.Schema({"a": pl.Int64()})

    def sink(value: int, room: Room) -> None:
        rows = pl.LazyFrame({"a": [value], "kept": [True]}, schema=schema | {"kept": pl.Boolean()})
        target = staging.target("kept", (), room=room)
        rows.sink_parquet(target, mkdir=True, storage_options=staging.options)

    staging.remember(schema)
    with pytest.raises(PowerCut), staging.room() as failed:
        raise PowerCut
    with staging.room() as room:
        sink(1, failed)
        sink(2, room)
    assert staging.scan(KEPT).collect().rows() == [(2,)]


class Beaten(DeltaTables):
    """Tables to one of which other writers always commit first, as often as is said."""

    def __init__(self, tables: DeltaTables, table: str, times: int) -> None:
        super().__init__(tables.root, tables.storage, leases=tables.leases)
        self.beaten, self.times = table, times

    def commit(self, table: str, commit: Commit, seen: Snapshot | None = None) -> int:
        if table == self.beaten and self.times:
            self.times -= 1
            raise CommitContended(table)
        return super().commit(table, commit, seen)


@pytest.mark.parametrize("times", [1, 99], ids=["once", "every time"])
def test_a_write_whose_quarantine_is_contended_loses_neither_its_rows_nor_its_table(
    house: House, times: int
) -> None:
    app, rows = house.open(), batch("one")
    tables = Beaten(app.tables, quarantine_of(TABLE), times)
    with pytest.raises(CommitContended):
        replace(app, tables=tables).write(rows, TABLE, key="one")
    app.gate.recover(datetime.now(UTC))
    told = deliver(app, rows)
    assert wrong({"one": rows}, read_ledger(app, {"one": told.write_id})) == []
    app.close()


def test_a_recovery_whose_quarantine_is_contended_can_be_repeated(house: House) -> None:
    app, rows = house.open(), batch("one")
    beaten = replace(app, tables=Beaten(app.tables, quarantine_of(TABLE), 1))
    with pytest.raises(CommitContended):
        beaten.write(rows, TABLE, key="one")
    again = replace(app, tables=Beaten(app.tables, quarantine_of(TABLE), 1))
    again.gate.recover(datetime.now(UTC))
    assert len(app.store.log.open_writes()) == 1
    app.gate.recover(datetime.now(UTC))
    told = deliver(app, rows)
    assert wrong({"one": rows}, read_ledger(app, {"one": told.write_id})) == []
    app.close()


def test_a_writer_that_is_always_overtaken_leaves_nothing_open(house: House) -> None:
    app, rows = house.open(), batch("one")
    with pytest.raises(CommitContended):
        replace(app, tables=Beaten(app.tables, TABLE, 99)).write(rows, TABLE, key="one")
    assert app.store.log.open_writes() == []
    told = deliver(app, rows)
    assert wrong({"one": rows}, read_ledger(app, {"one": told.write_id})) == []
    app.close()
