"""Connections to the store: durable and waiting on SQLite, checked before use on PostgreSQL."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.pool import ConnectionPoolEntry

from dq_monitor.errors import StoreUnavailable
from dq_monitor.store.access import READ_ONLY
from dq_monitor.store.url import POSTGRES, read_url

BUSY_TIMEOUT = timedelta(seconds=5)
_POOL = {"pool_size": 5, "max_overflow": 10, "pool_timeout": 10}


def connect(url: str, busy_timeout: timedelta = BUSY_TIMEOUT) -> Engine:
    """Return an engine for the store; a lock is waited for `busy_timeout`, not for ever."""
    address = read_url(url)
    if address.get_backend_name() == POSTGRES:
        return _postgres(address, busy_timeout)
    return _sqlite(address, busy_timeout)


def _postgres(url: URL, busy_timeout: timedelta) -> Engine:
    wait = int(busy_timeout / timedelta(milliseconds=1))
    # What the user put in the URL wins; a dead network is noticed in seconds, not hours.
    defaults = {"connect_timeout": 5, "tcp_user_timeout": 10_000, "application_name": "dq-monitor"}
    arguments: dict[str, Any] = {k: v for k, v in defaults.items() if k not in url.query}
    options = url.query.get("options", "")
    arguments["options"] = f"-c lock_timeout={wait} -c timezone=UTC {options}".strip()
    return create_engine(
        url, connect_args=arguments, pool_pre_ping=True, hide_parameters=True, **_POOL
    )


def _sqlite(url: URL, busy_timeout: timedelta) -> Engine:
    _make_folder(Path(str(url.database)).parent)
    # isolation_level None leaves BEGIN to us: the driver's own begins too late, after the reads.
    arguments = {"timeout": busy_timeout.total_seconds(), "isolation_level": None}
    engine = create_engine(url, connect_args=arguments, hide_parameters=True, **_POOL)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreUnavailable(
            f"folder {folder}: {error.strerror}",
            fix="make the folder writable, or name another place in DQM_STORE_URL",
        ) from error


def _prepare(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    while _journal(connection) != "wal":
        _switch_to_wal(connection)
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")


def _journal(connection: sqlite3.Connection) -> str:
    return str(connection.execute("PRAGMA journal_mode").fetchone()[0])


def _switch_to_wal(connection: sqlite3.Connection) -> None:
    try:
        (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
            raise
        # Two processes that make one store: the switch does not wait for a lock, BEGIN does.
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")
        return
    if mode != "wal":
        raise StoreUnavailable(
            "SQLite cannot keep a write-ahead log here, as on a network folder",
            fix="put the store on a local disk, or name a PostgreSQL in DQM_STORE_URL",
        )


def _begin(connection: Connection) -> None:
    # A deferred transaction that reads and then writes fails at once when another has written in
    # between, whatever the busy timeout; so whoever may write takes the lock first.
    deferred = connection.get_execution_options().get(READ_ONLY, False)
    connection.exec_driver_sql("BEGIN" if deferred else "BEGIN IMMEDIATE")
