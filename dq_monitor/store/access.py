"""Transactions on the store: how they begin, and what a failing database is called."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, Executable
from sqlalchemy.exc import DBAPIError, SQLAlchemyError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from dq_monitor.errors import StoreLocked, StoreUnavailable
from dq_monitor.store.url import POSTGRES, describe, scrub

READ_ONLY = "dqm_read_only"
# Advisory locks of PostgreSQL are numbers that all programs on a database share.
APPEND_LOCK = 0x64716D01
MIGRATE_LOCK = 0x64716D02
_LOCK_NOT_AVAILABLE = "55P03"


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Yield a connection in a write transaction; commit at the end, roll back on any error."""
    with spoken(engine), engine.begin() as connection:
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Yield a connection that only reads: on SQLite it neither waits for a writer nor stops one."""
    with spoken(engine), engine.connect() as plain:
        connection = plain.execution_options(**{READ_ONLY: True})
        with connection.begin():
            yield connection


@contextmanager
def spoken(engine: Engine) -> Iterator[None]:
    """Raise StoreLocked or StoreUnavailable where the database raises an error of its own."""
    try:
        yield
    except PoolTimeout as error:
        raise StoreUnavailable(
            f"{describe(engine.url)}: all connections of this process are in use",
            fix="try again; if it stays, restart dq-monitor",
        ) from error
    except DBAPIError as error:
        raise _translated(engine, error) from error
    except StatementError as error:
        # A value that no column takes, such as a naive time: the caller's mistake, said plainly.
        raise error.orig or error from None
    except SQLAlchemyError as error:
        detail = scrub(str(error), engine.url)
        raise StoreUnavailable(
            f"{describe(engine.url)}: {detail}", fix="report this with the log file"
        ) from error


def is_postgres(engine: Engine | Connection) -> bool:
    """Say whether the store is PostgreSQL; otherwise it is SQLite."""
    return engine.dialect.name == POSTGRES


def hold_lock(connection: Connection, number: int) -> None:
    """Wait for a lock that ends with the transaction. SQLite has one writer anyway."""
    if is_postgres(connection):
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (number,))


def changed(connection: Connection, statement: Executable) -> int:
    """Execute an update and return how many rows it met."""
    return connection.execute(statement).rowcount


def _translated(engine: Engine, error: DBAPIError) -> StoreUnavailable:
    where, detail = describe(engine.url), scrub(str(error.orig), engine.url)
    if _is_locked(error):
        return StoreLocked(
            f"{where}: {detail}",
            fix="wait for the other dq-monitor process or backup to finish, then try again",
        )
    return StoreUnavailable(f"{where}: {detail}", fix=_fix(engine, detail))


def _is_locked(error: DBAPIError) -> bool:
    busy = getattr(error.orig, "sqlite_errorname", "").startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))
    return busy or getattr(error.orig, "sqlstate", None) == _LOCK_NOT_AVAILABLE


def _fix(engine: Engine, detail: str) -> str:
    if is_postgres(engine):
        return "check that PostgreSQL runs and takes this user; the URL is in DQM_STORE_URL"
    if "not a database" in detail or "malformed" in detail:
        return "the file is damaged: move it away, or restore it from a backup"
    if "disk is full" in detail:
        return "free some space, then try again: the store is as it was before"
    if "no such table" in detail or "no such column" in detail:
        return "the file is no store of dq-monitor: move it away, or name another in DQM_STORE_URL"
    return "check that the folder exists and this user may write to it and to the file"
