"""How many rows wait in quarantine and what became of the others, counted up with each fact."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, select

from dq_monitor.model.event import (
    BatchCommitted,
    QuarantineLost,
    RowsMoved,
    TableRolledBack,
    WriteJudged,
    WriteRejected,
)
from dq_monitor.model.quarantine import HeldRows, RowState
from dq_monitor.store.codec import decode
from dq_monitor.store.insert import insert_into
from dq_monitor.store.schema import event_log, quarantine_counts

LOST = "lost"
_RELEASED = {RowState.WAIVED, RowState.RELEASED}


def hold(
    connection: Connection, event: BatchCommitted | WriteRejected, write: dict[str, Any]
) -> None:
    """Count in the rows that a settled write has put into quarantine."""
    if event.quarantine_version is None or not write["quarantined"]:
        return
    query = select(event_log.c.payload).where(event_log.c.seq == write["verdict_seq"])
    judged = decode(connection.execute(query).scalar_one())
    held = judged.held if isinstance(judged, WriteJudged) else ()
    # An event of an earlier version does not say which rules hold its rows.
    _add(connection, event.table, RowState.OPEN, held or (HeldRows("", write["quarantined"]),))


def move(connection: Connection, event: RowsMoved) -> None:
    """Count rows out of one state and into another."""
    taken = map(_less, event.held)
    _add(connection, event.table, RowState.OPEN, taken)
    here = event.now if event.to is RowState.OPEN else event.held
    _add(connection, event.table, event.to, here)


def turn_back(connection: Connection, event: TableRolledBack) -> None:
    """Count rows back to where a rollback has them: a release that is undone leaves them open.

    A batch that was released whole is not among them: it comes again under its own key.
    """
    for changes, sign in ((event.rollback.undone_writes, 1), (event.rollback.redone_writes, -1)):
        query = select(event_log.c.payload).where(
            event_log.c.type == "rows_moved", event_log.c.subject.in_(changes)
        )
        for moved in map(decode, connection.scalars(query).all()):
            if isinstance(moved, RowsMoved) and moved.to in _RELEASED:
                back = [HeldRows(one.rule, sign * one.rows) for one in moved.held]
                _add(connection, event.table, RowState.OPEN, back)
                _add(connection, event.table, moved.to, (_less(one) for one in back))


def _less(held: HeldRows) -> HeldRows:
    return HeldRows(held.rule, -held.rows)


def lose(connection: Connection, event: QuarantineLost) -> None:
    """Count rows whose files went away before they were committed."""
    _add(connection, event.table, LOST, (HeldRows("", event.rows),))


def _add(connection: Connection, table: str, state: str, held: Iterable[HeldRows]) -> None:
    for one in held:
        row = {"table_name": table, "rule_id": one.rule, "state": state, "row_count": one.rows}
        statement = insert_into(connection, quarantine_counts)
        more = statement.on_conflict_do_update(
            index_elements=["table_name", "rule_id", "state"],
            set_={"row_count": quarantine_counts.c.row_count + statement.excluded.row_count},
        )
        connection.execute(more, row)
