"""Opening the store: made, migrated, shared between processes, and refused with a clear word."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, inspect, make_url, text

from dq_monitor.errors import SettingsInvalid, StoreLocked, StoreUnavailable
from dq_monitor.model.event import BatchCommitted
from dq_monitor.store import Store, open_store
from dq_monitor.store.access import APPEND_LOCK, MIGRATE_LOCK
from dq_monitor.store.migrate import HEAD
from dq_monitor.store.schema import metadata
from dq_monitor.store.url import read_url
from dq_monitor.store.views import HeldRow
from tests.store_events import (
    HOSTILE,
    NOW,
    TABLE,
    judged,
    started,
    verdict,
    whole_write,
)

SOON = timedelta(milliseconds=50)
SECRET = "s3cr3t pa%ss"

DIE_IN_MIGRATION = """
import os, signal, sys
from datetime import timedelta
from sqlalchemy import event
from dq_monitor.store.connect import connect
from dq_monitor.store.migrate import migrate

engine = connect(sys.argv[1])

@event.listens_for(engine, "after_cursor_execute")
def die(connection, cursor, statement, *rest):
    if "CREATE TABLE findings" in statement:
        os.kill(os.getpid(), signal.SIGKILL)

migrate(engine)
"""
OPEN = "import sys; from dq_monitor.store import open_store; open_store(sys.argv[1]).close()"


def run(script: str, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        cwd=Path(__file__).parents[2],
        stderr=subprocess.PIPE,
    )


def test_a_new_store_is_made_with_its_folder_and_found_again(empty_url: str) -> None:
    with closing(open_store(empty_url)) as store:
        store.log.append(started())
    with closing(open_store(empty_url)) as store:
        assert store.log.open_writes() == ["w1"]


def test_migrations_lead_to_the_schema_of_the_code(store: Store) -> None:
    with store.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_the_head_that_is_compared_on_opening_is_the_newest_migration() -> None:
    folder = Path(__file__).parents[2] / "dq_monitor" / "store" / "migrations"
    assert ScriptDirectory(str(folder)).get_current_head() == HEAD


def test_many_threads_may_open_one_new_store(empty_url: str) -> None:
    together = threading.Barrier(4)

    def work(number: int) -> None:
        together.wait()
        with closing(open_store(empty_url)) as store:
            store.log.append(started(f"w{number}"))

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, range(4)))
    with closing(open_store(empty_url)) as store:
        assert sorted(store.log.open_writes()) == ["w0", "w1", "w2", "w3"]


def test_two_processes_may_open_one_new_store(empty_sqlite: str) -> None:
    # on PostgreSQL the threads above are processes already: those of the server
    both = [run(OPEN, empty_sqlite) for _ in range(2)]
    assert [process.communicate()[1] for process in both] == [b"", b""]
    with closing(open_store(empty_sqlite)) as store:
        assert store.log.append(started()) == 1


def test_a_killed_migration_starts_again(empty_url: str) -> None:
    killed = run(DIE_IN_MIGRATION, empty_url)
    assert killed.communicate()[1] == b""
    assert killed.returncode == -9
    with closing(open_store(empty_url)) as store:
        assert set(metadata.tables) < set(inspect(store.engine).get_table_names())
        assert store.log.append(started()) == 1


def test_a_store_of_a_newer_version_is_refused_and_left_alone(store: Store, store_url: str) -> None:
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreUnavailable, match=r"newer dq-monitor \(schema 9999") as refused:
        open_store(store_url)
    assert "upgrade dq-monitor" in refused.value.fix
    store.log.append(started())


@contextmanager
def lock_sqlite(engine: Engine) -> Iterator[None]:
    with engine.begin() as connection:
        connection.execute(text("UPDATE cursors SET position = 0"))
        yield


@contextmanager
def lock_postgres(engine: Engine) -> Iterator[None]:
    with engine.begin() as connection:
        connection.execute(text(f"SELECT pg_advisory_xact_lock({APPEND_LOCK})"))
        yield


def test_a_locked_store_is_waited_for_then_named_and_still_readable(
    store: Store, store_url: str
) -> None:
    store.log.append(started("before"))
    lock = lock_sqlite if store.engine.dialect.name == "sqlite" else lock_postgres
    with closing(open_store(store_url, busy_timeout=SOON)) as other:
        with lock(store.engine):
            with pytest.raises(StoreLocked, match=r"locked|lock timeout") as locked:
                other.log.append(started("during"))
            assert "try again" in locked.value.fix
            assert other.log.open_writes() == ["before"]
            assert [table.table for table in other.views.tables()] == ["silver.flights"]
        other.log.append(started("after"))
        assert other.log.open_writes() == ["before", "after"]


def test_a_new_store_that_is_locked_is_named_too(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreLocked, match=re.escape(str(path))):
            open_store(f"sqlite:///{path}", busy_timeout=SOON)
        holder.execute("ROLLBACK")
    open_store(f"sqlite:///{path}", busy_timeout=SOON).close()


def test_a_locked_migration_is_waited_for_no_longer_than_a_write(empty_postgres: str) -> None:
    holder = create_engine(read_url(empty_postgres))
    with holder.begin() as connection:
        connection.execute(text(f"SELECT pg_advisory_xact_lock({MIGRATE_LOCK})"))
        with pytest.raises(StoreLocked, match="lock timeout"):
            open_store(empty_postgres, busy_timeout=SOON)
    holder.dispose()


def not_a_database(folder: Path) -> str:
    (folder / "store.db").write_text("these are not the bytes you are looking for" * 99)
    return f"sqlite:///{folder / 'store.db'}"


def not_a_folder(folder: Path) -> str:
    (folder / "file").touch()
    return f"sqlite:///{folder / 'file' / 'deeper' / 'store.db'}"


def a_folder(folder: Path) -> str:
    return f"sqlite:///{folder}"


def cut_off(folder: Path) -> str:
    path = folder / "store.db"
    open_store(f"sqlite:///{path}").close()
    path.write_bytes(path.read_bytes()[:5000])
    return f"sqlite:///{path}"


@pytest.mark.parametrize("broken", [not_a_database, not_a_folder, a_folder, cut_off])
def test_a_broken_place_is_named_with_a_remedy(
    tmp_path: Path, broken: Callable[[Path], str]
) -> None:
    with (
        pytest.raises(StoreUnavailable, match=tmp_path.name) as refused,
        closing(open_store(broken(tmp_path))) as store,
    ):
        store.log.append(started())
    assert refused.value.fix
    assert "sqlalche.me" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://dqm:{SECRET}@127.0.0.1:1/store",
        "postgresql://dqm:s3cr3t%20pa%25ss@127.0.0.1:1/store",
        "postgresql://dqm@127.0.0.1:1/store?password=s3cr3t%20pa%25ss",
        "postgresql://dqm:s3cr3t%20pa%25ss@/store?host=/nowhere/s3cr3t",
    ],
    ids=["raw", "quoted", "in the query", "socket"],
)
def test_an_unreachable_server_is_named_without_its_password(url: str) -> None:
    with pytest.raises(StoreUnavailable, match=r"postgresql://.*/store") as refused:
        open_store(url.replace("/nowhere/s3cr3t", "/nowhere"))
    told = str(refused.value) + "".join(traceback.format_exception_only(refused.value))
    assert "s3cr3t" not in told
    assert "DQM_STORE_URL" in refused.value.fix


@pytest.mark.parametrize(
    "url",
    ["", "store.db", "sqlite://", "sqlite:///:memory:", "mysql://root:s3cr3t@host/db", "s3cr3t://"],
)
def test_a_url_that_names_no_store_is_a_wrong_setting(url: str) -> None:
    with pytest.raises(SettingsInvalid) as refused:
        open_store(url)
    assert "postgresql://" in refused.value.fix
    assert "s3cr3t@" not in str(refused.value)


def test_lost_connections_are_replaced_before_use(postgres_url: str) -> None:
    with closing(open_store(postgres_url)) as store:
        store.log.append(started("w1"))
        ends = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name "
        with closing(open_store(postgres_url)) as other, other.engine.connect() as connection:
            name = make_url(postgres_url).database
            connection.execute(text(ends + "AND pid <> pg_backend_pid()"), {"name": name})
        store.log.append(started("w2"))
        assert store.log.open_writes() == ["w1", "w2"]


def test_sqlite_survives_a_power_cut_and_does_not_block_its_readers(sqlite_url: str) -> None:
    with closing(open_store(sqlite_url)) as store, store.engine.connect() as connection:
        settings = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        values = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in settings]
    assert values == ["wal", 2, 1, 5000]


def test_no_name_changes_the_schema(store: Store) -> None:
    before = {t: inspect(store.engine).get_columns(t) for t in metadata.tables}
    for name in HOSTILE:
        for event in whole_write(name, name):
            store.log.append(event)
    assert {one.table for one in store.views.tables()} == set(HOSTILE)
    after = {t: inspect(store.engine).get_columns(t) for t in metadata.tables}
    assert str(after) == str(before)


def test_a_projection_that_fails_takes_the_event_back(store: Store) -> None:
    store.log.append(started())
    with store.engine.begin() as connection:
        connection.execute(text("DROP TABLE findings"))
    with pytest.raises(StoreUnavailable, match="findings"):
        store.log.append(judged())
    assert [one.event for one in store.log.read(after=0)] == [started()]
    assert store.views.writes()[0].status is None


def test_a_full_disk_is_named_and_leaves_the_store_whole(sqlite_url: str) -> None:
    with closing(open_store(sqlite_url)) as store:
        store.log.append(started("before"))
        with limited(store.engine), pytest.raises(StoreUnavailable, match="full") as refused:
            store.log.append(started("w" * 1_000_000))
        assert "free some space" in refused.value.fix
        store.log.append(started("after"))
        assert store.log.open_writes() == ["before", "after"]
        with store.engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"


@contextmanager
def limited(engine: Engine) -> Iterator[None]:
    """Let the database file grow by a few pages only, as a full disk does."""
    with engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 2}")
    yield
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")


def test_a_naive_time_is_the_callers_mistake_and_said_so(store: Store) -> None:
    naive = verdict("w1", at=NOW.replace(tzinfo=None))
    with pytest.raises(ValueError, match="no timezone"):
        store.log.append(judged(of=naive))
    assert store.log.read(after=0) == []


def test_rows_that_were_refused_before_they_were_counted_are_open(empty_sqlite: str) -> None:
    with closing(open_store(empty_sqlite)) as store:
        for event in whole_write("w1")[:-1]:
            store.log.append(event)
        store.log.append(BatchCommitted("w1", TABLE, 1, NOW, quarantine_version=1))
        with store.engine.begin() as connection:
            for later in ("quarantine_counts", "undone_writes"):
                connection.execute(text(f"DROP TABLE {later}"))
            connection.execute(text("UPDATE alembic_version SET version_num = '0002'"))
    with closing(open_store(empty_sqlite)) as store:
        assert store.views.quarantine() == [HeldRow(TABLE, "", "open", 1)]
