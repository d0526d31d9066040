"""Leases of writers on several machines: advisory locks on PostgreSQL."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from dq_monitor.errors import LeaseLost
from dq_monitor.store.access import spoken


class PostgresLeases:
    """Each lease is a session of its own: the server frees it when the session or process ends."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._held: dict[str, Connection] = {}

    @contextmanager
    def hold(self, name: str) -> Iterator[None]:
        """Hold a name against all other sessions, waiting for whoever has it."""
        with self._session() as connection:
            with spoken(self._engine):
                # The store's own locks are waited for seconds; an owner may write for hours.
                connection.execute(text("set lock_timeout = 0"))
                connection.execute(text("select pg_advisory_lock(:key)"), {"key": _key(name)})
            self._held[name] = connection
            try:
                yield
            finally:
                self._let_go(name)

    @contextmanager
    def hold_if_free(self, name: str) -> Iterator[bool]:
        """Hold a name if nobody does; yields whether it was free."""
        with self._session() as connection:
            with spoken(self._engine):
                asked = text("select pg_try_advisory_lock(:key)")
                free = bool(connection.scalar(asked, {"key": _key(name)}))
            if not free:
                yield False
                return
            self._held[name] = connection
            try:
                yield True
            finally:
                self._let_go(name)

    def confirm(self, name: str) -> None:
        """Raise LeaseLost when a lease held here ended with its session: another may go on."""
        if name not in self._held:
            return
        try:
            self._held[name].execute(text("select 1"))
        except SQLAlchemyError as error:
            raise LeaseLost(
                f"{name}: its connection to the store broke", fix="send the batch again"
            ) from error

    def _let_go(self, name: str) -> None:
        """Free a lock at once: the server takes its time to notice that a session is gone.

        It is forgotten first: freed, it may be another thread's before this one goes on.
        """
        connection = self._held.pop(name)
        with suppress(SQLAlchemyError):
            connection.execute(text("select pg_advisory_unlock(:key)"), {"key": _key(name)})

    @contextmanager
    def _session(self) -> Iterator[Connection]:
        with spoken(self._engine):
            connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            # Out of the pool: a pooled connection would carry the lock on after its close.
            connection.detach()
        try:
            yield connection
        finally:
            with suppress(SQLAlchemyError):
                connection.close()


def _key(name: str) -> int:
    """Return a lock's number: PostgreSQL has numbers only, which all programs share."""
    digest = hashlib.sha256(f"dq-monitor/lease/{name}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)
