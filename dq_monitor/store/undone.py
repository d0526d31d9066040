"""What a rollback changes in what people look at: its own row, the marks, how its table stands."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from dq_monitor.model.attempts import again
from dq_monitor.model.event import RollbackStarted, TableRolledBack
from dq_monitor.model.rollback import ROLLBACK
from dq_monitor.model.verdict import Status
from dq_monitor.store.insert import put
from dq_monitor.store.schema import tables, undone_writes, word, writes


def started_row(event: RollbackStarted | TableRolledBack) -> dict[str, Any]:
    """Return what a rollback's row among the writes says from the start."""
    return {"write_id": event.rollback_id, "table_name": event.table, "mode": ROLLBACK}


def mark(connection: Connection, seq: int, event: TableRolledBack) -> None:
    """Settle the rollback at place `seq`: mark what it undid, unmark what it brought back."""
    connection.execute(
        update(writes)
        .where(writes.c.write_id == event.rollback_id)
        .values(
            outcome="committed",
            version=event.version,
            settled_seq=seq,
            settled_at=event.at,
            recovered=event.recovered,
            reasons=(event.rollback.reason,) if event.rollback.reason else (),
        )
    )
    for write_id in event.rollback.undone_writes:
        _mark(connection, write_id, event)
    back = undone_writes.c.write_id.in_(event.rollback.redone_writes)
    connection.execute(delete(undone_writes).where(back))
    _stand(connection, seq, event)


def _mark(connection: Connection, write_id: str, event: TableRolledBack) -> None:
    verdict = select(writes.c.verdict_seq).where(writes.c.write_id == write_id)
    row = {
        "write_id": write_id,
        "table_name": event.table,
        "rollback_id": event.rollback_id,
        "at": event.at,
        "verdict_seq": connection.scalar(verdict),
        "again_id": again(write_id),
    }
    put(connection, undone_writes, "write_id", row)


def _stand(connection: Connection, seq: int, event: TableRolledBack) -> None:
    """Let the newest write that still counts speak for the table; audits from before do not."""
    last = _last_write(connection, event)
    values = {
        "version": event.version,
        "write_seq": seq,
        "write_status": (last.status if last else None) or Status.NOT_EVALUATED,
        "last_write_at": last.settled_at if last else None,
    }
    connection.execute(update(tables).where(tables.c.table_name == event.table).values(values))


def _last_write(connection: Connection, event: TableRolledBack) -> Row[Any, Any] | None:
    counts = writes.c.write_id.not_in(select(undone_writes.c.write_id))
    query = (
        select(writes.c.status, writes.c.settled_at)
        .where(
            writes.c.table_name == event.table,
            writes.c.outcome == word("committed"),
            writes.c.mode != ROLLBACK,
            counts,
        )
        .order_by(writes.c.version.desc(), writes.c.seq.desc())
        .limit(1)
    )
    return connection.execute(query).first()
