"""Deliveries on their way out: claimed under a lease, at least once, in order within a group."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, case, func, or_, select, update
from sqlalchemy import exists as there_is

from dq_monitor.errors import UnknownName
from dq_monitor.model.outbox import Delivery, DeliveryState, Outgoing, OutgoingKind
from dq_monitor.store.access import changed, reading, writing
from dq_monitor.store.insert import add
from dq_monitor.store.schema import outbox, word

PENDING = DeliveryState.PENDING.value
_RELEASED = {"leased_by": None, "leased_until": None}


class Outbox:
    """The queue of what has to leave the house."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def claim(self, owner: str, now: datetime, lease: timedelta, limit: int) -> Sequence[Delivery]:
        """Return what is due, and keep it from other owners until `now + lease`.

        Of a group only the oldest pending delivery to a channel is handed out; one that is dead
        does not hold up those behind it.
        """
        query = (
            select(outbox)
            .where(_heads(), outbox.c.due_at <= now)
            .where(or_(outbox.c.leased_until.is_(None), outbox.c.leased_until <= now))
            .order_by(outbox.c.due_at, outbox.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        with writing(self._engine) as connection:
            rows = connection.execute(query).all()
            if rows:
                leased = {"leased_by": owner, "leased_until": now + lease}
                mine = outbox.c.id.in_([row.id for row in rows])
                connection.execute(update(outbox).where(mine).values(leased))
        return [_delivery(row) for row in rows]

    def sent(self, delivery_id: int, now: datetime) -> None:
        """Note that the receiver took it."""
        self._settle(delivery_id, state=DeliveryState.SENT, settled_at=now, last_error="")

    def retry(self, delivery_id: int, due_at: datetime, error: str) -> None:
        """Note a failed attempt, and try again at `due_at`."""
        self._settle(delivery_id, due_at=due_at, last_error=error, attempts=outbox.c.attempts + 1)

    def dead(self, delivery_id: int, now: datetime, error: str) -> None:
        """Note a last failed attempt: nobody tries again until it is put back by hand."""
        self._settle(
            delivery_id,
            state=DeliveryState.DEAD,
            settled_at=now,
            last_error=error,
            attempts=outbox.c.attempts + 1,
        )

    def requeue(self, delivery_id: int, now: datetime) -> None:
        """Put a dead delivery back, due at once, its attempts counted from nought."""
        statement = (
            update(outbox)
            .where(outbox.c.id == delivery_id, outbox.c.state == DeliveryState.DEAD)
            .values(state=DeliveryState.PENDING, due_at=now, attempts=0, settled_at=None)
        )
        with writing(self._engine) as connection:
            if not changed(connection, statement):
                raise UnknownName(
                    f"dead delivery {delivery_id}", fix="`dqm alerts outbox` shows the ids"
                )

    def next_due(self) -> datetime | None:
        """Return when something can next be claimed; None when nothing waits."""
        free_at = case(
            (outbox.c.leased_until > outbox.c.due_at, outbox.c.leased_until),
            else_=outbox.c.due_at,
        )
        with reading(self._engine) as connection:
            due: datetime | None = connection.scalar(select(func.min(free_at)).where(_heads()))
        return due

    def _settle(self, delivery_id: int, **values: Any) -> None:
        # A late answer changes nothing that is settled: another owner may have sent it meanwhile.
        statement = (
            update(outbox)
            .where(outbox.c.id == delivery_id, outbox.c.state == DeliveryState.PENDING)
            .values(**values, **_RELEASED)
        )
        with writing(self._engine) as connection:
            connection.execute(statement)


def enqueue(connection: Connection, outgoing: Sequence[Outgoing]) -> None:
    """Queue deliveries within the caller's transaction; a key that is known is passed over."""
    for one in outgoing:
        row = {
            "key": one.key,
            "kind": one.kind,
            "channel": one.channel,
            "group_key": one.group,
            "payload": one.payload,
            "state": DeliveryState.PENDING,
            "due_at": one.due_at,
            "attempts": 0,
            "last_error": "",
        }
        add(connection, outbox, row)


def _heads() -> ColumnElement[bool]:
    """Pending, and nothing pending before it in its group."""
    earlier = outbox.alias("earlier")
    waits = there_is().where(
        earlier.c.channel == outbox.c.channel,
        earlier.c.group_key == outbox.c.group_key,
        earlier.c.state == word(PENDING),
        earlier.c.id < outbox.c.id,
    )
    free = or_(outbox.c.group_key == "", ~waits)
    return (outbox.c.state == word(PENDING)) & free


def _delivery(row: Row[Any]) -> Delivery:
    outgoing = Outgoing(
        key=row.key,
        kind=OutgoingKind(row.kind),
        channel=row.channel,
        payload=row.payload,
        due_at=row.due_at,
        group=row.group_key,
    )
    return Delivery(row.id, outgoing, row.attempts)
