"""Asks the store whether it takes a write just now, so that a lock shows before it hurts."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select

from dq_monitor.errors import StoreLocked, StoreUnavailable
from dq_monitor.store.access import APPEND_LOCK, hold_lock, writing
from dq_monitor.store.connect import connect
from dq_monitor.store.schema import event_log

PATIENCE = timedelta(seconds=1)


class Pulse:
    """A connection of its own to the store, which waits for a lock less long than the work does.

    Reading would say nothing: SQLite lets people read while another process holds the lock.
    """

    def __init__(self, url: str, patience: timedelta = PATIENCE) -> None:
        """Take for locked what another process holds for longer than `patience`."""
        self._engine = connect(url, patience)

    def answers(self) -> bool:
        """Say whether the store does; raise StoreLocked while another process holds it."""
        try:
            with writing(self._engine) as connection:
                hold_lock(connection, APPEND_LOCK)
                connection.execute(select(func.max(event_log.c.seq)))
        except StoreLocked:
            raise
        except StoreUnavailable:
            return False
        return True

    def close(self) -> None:
        """Close the connection."""
        self._engine.dispose()
