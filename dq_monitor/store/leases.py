"""Leases of writers on several machines: advisory locks on PostgreSQL."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from dq_monitor.errors import LeaseLost
from dq_monitor.model.lease import Standing
from dq_monitor.store.access import spoken

# A session says in its name since when it may hold its lease: advisory locks have no time, and
# those of other programs are none of ours.
_MARK = "dq-monitor lease since "
_SAY = text(
    "select set_config('application_name', :mark || extract(epoch from clock_timestamp()), false)"
)
_HELD = text(
    """
    select (l.classid::bigint << 32) | l.objid::bigint, a.application_name
    from pg_locks l join pg_stat_activity a on a.pid = l.pid
    where l.locktype = 'advisory' and l.objsubid = 1 and l.granted
    and l.database = (select oid from pg_database where datname = current_database())
    and a.application_name like :mark
    """
)


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

    def standing(self) -> Sequence[Standing]:
        """Return what is held: the server lets nothing outlive its owner.

        It knows numbers only, so that names are told of what this process holds.
        """
        names = {_key(name): name for name in tuple(self._held)}
        with spoken(self._engine), self._engine.connect() as connection:
            rows = connection.execute(_HELD, {"mark": f"{_MARK}%"}).all()
        return [
            Standing(names.get(key, ""), float(said.removeprefix(_MARK)), held=True)
            for key, said in rows
        ]

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
            connection.execute(_SAY, {"mark": _MARK})
        try:
            yield connection
        finally:
            with suppress(SQLAlchemyError):
                connection.close()


def _key(name: str) -> int:
    """Return a lock's number: PostgreSQL has numbers only, which all programs share."""
    digest = hashlib.sha256(f"dq-monitor/lease/{name}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)
