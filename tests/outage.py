"""A store whose database goes away at the n-th time that it is spoken to."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, event

from dq_monitor.store.access import is_postgres


class Kind(StrEnum):
    """What becomes of the n-th statement or commit, and of those after it."""

    DOWN = "down"  # it and all others never arrive
    REPLY_LOST = "reply lost"  # it is done, but nobody hears of it; the others never arrive
    GLITCH = "glitch"  # it never arrives, the others do


@dataclass
class Outage:
    """Counts what a store is asked to do, and lets its database go away."""

    engine: Engine
    at: int
    kind: Kind
    asked: int = 0

    @property
    def came(self) -> bool:
        """Say whether the database was spoken to often enough."""
        return self.asked >= self.at

    def do(self, connection: Any, act: Callable[[], Any]) -> None:
        """Do what is asked of the database on a connection of its driver, or fail."""
        self.asked += 1
        if self.asked < self.at or (self.kind is Kind.GLITCH and self.asked > self.at):
            act()
            return
        if self.kind is Kind.REPLY_LOST and self.asked == self.at:
            act()
            self._cut(connection)
            raise self._error()
        self._cut(connection)
        act() if is_postgres(self.engine) else None
        raise self._error()

    def _cut(self, connection: Any) -> None:
        """End the connection at the server's side; SQLite has none."""
        if not is_postgres(self.engine):
            return
        pid = getattr(connection, "dbapi_connection", connection).info.backend_pid
        url = self.engine.url.set(drivername="postgresql")
        with (
            psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as other,
            suppress(psycopg.Error),
        ):
            other.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))

    def _error(self) -> Exception:
        if is_postgres(self.engine):
            return psycopg.OperationalError("the connection is lost")
        return sqlite3.OperationalError("disk I/O error")


@contextmanager
def outage(
    engine: Engine, at: int, kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Outage]:
    """Let the database of an engine go away at the `at`-th statement or commit in the block."""
    fault = Outage(engine, at, kind)

    def execute(cursor: Any, statement: str, parameters: Any, _context: Any) -> bool:
        fault.do(cursor.connection, lambda: cursor.execute(statement, parameters))
        return True

    def execute_many(cursor: Any, statement: str, parameters: Any, _context: Any) -> bool:
        fault.do(cursor.connection, lambda: cursor.executemany(statement, parameters))
        return True

    commit = engine.dialect.do_commit
    event.listen(engine, "do_execute", execute)
    event.listen(engine, "do_executemany", execute_many)
    with monkeypatch.context() as patched:
        patched.setattr(
            engine.dialect, "do_commit", lambda pooled: fault.do(pooled, lambda: commit(pooled))
        )
        yield fault
    event.remove(engine, "do_execute", execute)
    event.remove(engine, "do_executemany", execute_many)
