"""How far each follower has come, moved together with what it wrote on the way."""

from __future__ import annotations

from sqlalchemy import Connection, Engine, func, insert, select, update

from dq_monitor.failpoints import Failpoint, failpoint
from dq_monitor.model.outbox import Changes
from dq_monitor.store.access import reading, writing
from dq_monitor.store.incidents import upsert
from dq_monitor.store.insert import add
from dq_monitor.store.outbox import enqueue
from dq_monitor.store.schema import cursors, event_log, lineage_events


class Cursors:
    """One place in the log per follower."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def position(self, follower: str) -> int:
        """Return the place of the last event that `follower` is done with; 0 when it is new."""
        query = select(cursors.c.position).where(cursors.c.follower == follower)
        with reading(self._engine) as connection:
            return connection.scalar(query) or 0

    def waiting(self, follower: str) -> int:
        """Return how many events the follower has yet to deal with."""
        place = self.position(follower)
        query = select(func.count()).select_from(event_log).where(event_log.c.seq > place)
        with reading(self._engine) as connection:
            return connection.scalar(query) or 0

    def advance(self, follower: str, seq: int, changes: Changes) -> None:
        """Write `changes` and move the cursor to `seq`, both or neither.

        Nothing happens when the cursor is there already: a second process of the same follower
        was faster, and has written the same changes.
        """
        with writing(self._engine) as connection:
            if _locked_position(connection, follower) >= seq:
                return
            moved = update(cursors).where(cursors.c.follower == follower).values(position=seq)
            connection.execute(moved)
            failpoint(Failpoint.CURSOR_MOVED)
            _apply(connection, changes)


def _locked_position(connection: Connection, follower: str) -> int:
    add(connection, cursors, {"follower": follower, "position": 0})
    query = select(cursors.c.position).where(cursors.c.follower == follower).with_for_update()
    return int(connection.execute(query).scalar_one())


def _apply(connection: Connection, changes: Changes) -> None:
    enqueue(connection, changes.outgoing)
    for incident in changes.incidents:
        upsert(connection, incident)
    rows = [
        {
            "run_id": row.run_id,
            "event_type": row.event_type,
            "job": row.job,
            "at": row.at,
            "payload": row.payload,
        }
        for row in changes.lineage
    ]
    if rows:
        connection.execute(insert(lineage_events), rows)
