"""The event log: append-only, in order, and written together with what the views need."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Engine, insert, select

from dq_monitor.failpoints import Failpoint, failpoint
from dq_monitor.model.event import Event, Recorded
from dq_monitor.store.access import APPEND_LOCK, hold_lock, reading, writing
from dq_monitor.store.codec import decode, encode
from dq_monitor.store.facts import WRITE_TYPES, attempt_of, subject_of, table_of
from dq_monitor.store.projections import project
from dq_monitor.store.schema import event_log, word, writes


class SqlEventLog:
    """Keeps `ports.EventLog` in the store."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def append(self, event: Event) -> int:
        """Write `event` and its projections in one transaction; return its place.

        A fact that is known already is not written again: its first place is returned.
        """
        payload = encode(event)
        with writing(self._engine) as connection:
            # One appender at a time: a place is given out and committed before the next one is,
            # so a follower that reads `seq > cursor` never passes over a row still under way.
            hold_lock(connection, APPEND_LOCK)
            attempt, place = _known(connection, event)
            if place is None:
                place = _insert(connection, event, attempt, payload)
                failpoint(Failpoint.FACT_INSERTED)
                project(connection, place, event)
        return place

    def read(self, after: int, limit: int = 100) -> Sequence[Recorded]:
        """Return up to `limit` events with a place greater than `after`, in order."""
        query = (
            select(event_log.c.seq, event_log.c.payload)
            .where(event_log.c.seq > after)
            .order_by(event_log.c.seq)
            .limit(limit)
        )
        with reading(self._engine) as connection:
            rows = connection.execute(query).all()
        return [Recorded(row.seq, decode(row.payload)) for row in rows]

    def write_events(self, write_id: str) -> Sequence[Event]:
        """Return all that is known of one write, in order; empty when it is new."""
        query = (
            select(event_log.c.payload)
            .where(event_log.c.subject == write_id, event_log.c.type.in_(WRITE_TYPES))
            .order_by(event_log.c.seq)
        )
        with reading(self._engine) as connection:
            return [decode(payload) for payload in connection.scalars(query)]

    def open_writes(self) -> Sequence[str]:
        """Return the ids of writes that have started and have no outcome yet, oldest first."""
        query = (
            select(writes.c.write_id).where(writes.c.outcome == word("open")).order_by(writes.c.seq)
        )
        with reading(self._engine) as connection:
            return connection.scalars(query).all()


def _known(connection: Connection, event: Event) -> tuple[int, int | None]:
    """Return the attempt that `event` belongs to, and its place if it stands there already."""
    subject = subject_of(event)
    if not subject:
        return 0, None
    query = (
        select(event_log.c.seq, event_log.c.type, event_log.c.attempt)
        .where(event_log.c.subject == subject)
        .order_by(event_log.c.seq)
    )
    rows = connection.execute(query).all()
    attempt = attempt_of([row.type for row in rows], event.type)
    places = {(row.type, row.attempt): row.seq for row in rows}
    return attempt, places.get((event.type, attempt))


def _insert(connection: Connection, event: Event, attempt: int, payload: str) -> int:
    row = {
        "at": event.at,
        "type": event.type,
        "table_name": table_of(event),
        "subject": subject_of(event) or None,
        "attempt": attempt,
        "payload": payload,
    }
    (place,) = connection.execute(insert(event_log), row).inserted_primary_key or (0,)
    return int(place)
