"""What each fact changes in the tables that people look at, in the transaction of the fact."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, case, update

from dq_monitor.model.event import (
    BatchCommitted,
    Event,
    QuarantineLost,
    ResultsImported,
    RollbackStarted,
    RowsMoved,
    StepBroke,
    StepStarted,
    TableAudited,
    TableMaintained,
    TableRolledBack,
    WriteAbandoned,
    WriteJudged,
    WriteRejected,
    WriteStarted,
)
from dq_monitor.model.terms import partial
from dq_monitor.store import held
from dq_monitor.store.answers import counted, keep_metrics, keep_verdict
from dq_monitor.store.facts import WriteEvent, measured
from dq_monitor.store.graph import draw
from dq_monitor.store.insert import add, insert_into
from dq_monitor.store.schema import writes
from dq_monitor.store.tally import count_commit, count_rejection, know, note_audit, note_rules
from dq_monitor.store.undone import mark, started_row

OPEN, COMMITTED, REJECTED, ABANDONED = "open", "committed", "rejected", "abandoned"
_UNKNOWN = (
    *("day", "version", "quarantine_version", "settled_seq", "settled_at"),
    *("verdict_seq", "status", "rows_in", "kept", "quarantined", "dropped"),
)


def project(connection: Connection, seq: int, event: Event) -> None:
    """Write what the views need of the fact at place `seq`."""
    match event:
        case StepStarted():
            draw(connection, event.origin, event.at)
        case WriteStarted():
            _start(connection, seq, event)
        case WriteJudged():
            _judge(connection, seq, event)
        case TableAudited():
            note_audit(connection, seq, event.scope, event.verdict)
            keep_verdict(connection, seq, event.verdict, event.scope, None)
            keep_metrics(connection, seq, measured(event))
        case BatchCommitted() | WriteRejected() | WriteAbandoned():
            _settle(connection, seq, event)
        case ResultsImported() | TableMaintained():
            keep_metrics(connection, seq, measured(event))
        case StepBroke():
            pass
        case _:
            _project_way_back(connection, seq, event)


def _project_way_back(
    connection: Connection,
    seq: int,
    event: RowsMoved | QuarantineLost | RollbackStarted | TableRolledBack,
) -> None:
    """Write what became of refused rows, and of a table that is taken back."""
    match event:
        case RowsMoved():
            held.move(connection, event)
        case QuarantineLost():
            held.lose(connection, event)
        case RollbackStarted():
            _announce(connection, seq, event)
        case TableRolledBack():
            _announce(connection, seq, event)
            mark(connection, seq, event)
            held.turn_back(connection, event)


def _start(connection: Connection, seq: int, event: WriteStarted) -> None:
    know(connection, event.table)
    release = partial(event.origin.release)
    row = _blank(seq, event) | {
        "mode": release.kind if release else event.mode,
        "pack": event.pack,
        "fingerprint": event.fingerprint,
        "staging": event.staging,
        "day": event.origin.day,
    }
    statement = insert_into(connection, writes)
    # A write that was abandoned begins anew; an outcome that is known before its start stands.
    anew = statement.on_conflict_do_update(
        index_elements=["write_id"],
        set_={name: statement.excluded[name] for name in row},
        where=writes.c.outcome == ABANDONED,
    )
    connection.execute(anew, {"write_id": event.write_id, **row})


def _announce(connection: Connection, seq: int, event: RollbackStarted | TableRolledBack) -> None:
    """Make a rollback's row; one that was given up before begins anew."""
    know(connection, event.table)
    row = _blank(seq, event) | started_row(event)
    statement = insert_into(connection, writes)
    anew = statement.on_conflict_do_update(
        index_elements=["write_id"],
        set_={"outcome": OPEN, "seq": seq, "at": event.at},
        where=writes.c.outcome == ABANDONED,
    )
    connection.execute(anew, row)


def _judge(connection: Connection, seq: int, event: WriteJudged) -> None:
    _ensure(connection, seq, event)
    counts = event.verdict.counts
    connection.execute(
        update(writes)
        .where(writes.c.write_id == event.write_id)
        .values(
            verdict_seq=seq,
            status=event.verdict.status,
            reasons=event.verdict.reasons,
            # Given up for dead and yet alive: `recover()` must own it again.
            outcome=case((writes.c.outcome == ABANDONED, OPEN), else_=writes.c.outcome),
            **counted(counts),
        )
    )
    # Single rows that come back are asked less than a batch: how the table stands, they do not say.
    kind = "release" if partial(event.origin.release) else "write"
    if kind == "write":
        note_rules(connection, event.verdict)
    keep_verdict(connection, seq, event.verdict, kind, event.origin.day)
    keep_metrics(connection, seq, measured(event))


def _settle(
    connection: Connection, seq: int, event: BatchCommitted | WriteRejected | WriteAbandoned
) -> None:
    _ensure(connection, seq, event)
    # The first outcome stands; but a write that was given up and yet came through did come through.
    statement = (
        update(writes)
        .where(writes.c.write_id == event.write_id, writes.c.outcome.in_((OPEN, ABANDONED)))
        .values(settled_seq=seq, settled_at=event.at, **_outcome(event))
        .returning(writes)
    )
    row = connection.execute(statement).mappings().first()
    if row is None:
        return
    if isinstance(event, BatchCommitted):
        count_commit(connection, seq, event, dict(row))
    elif isinstance(event, WriteRejected):
        count_rejection(connection, seq, event, dict(row))
    if not isinstance(event, WriteAbandoned):
        held.hold(connection, event, dict(row))


def _outcome(event: BatchCommitted | WriteRejected | WriteAbandoned) -> dict[str, Any]:
    if isinstance(event, WriteAbandoned):
        return {"outcome": ABANDONED}
    common = {"quarantine_version": event.quarantine_version, "recovered": event.recovered}
    if isinstance(event, BatchCommitted):
        return common | {"outcome": COMMITTED, "version": event.version}
    # None of a rejected batch is kept: its rows are in quarantine if it was put there, else gone.
    gone = "dropped" if event.quarantine_version is None else "quarantined"
    moved = {gone: writes.c[gone] + writes.c.kept, "kept": writes.c.kept * 0}
    return common | moved | {"outcome": REJECTED, "reasons": event.reasons}


def _ensure(
    connection: Connection,
    seq: int,
    event: WriteJudged | BatchCommitted | WriteRejected | WriteAbandoned,
) -> None:
    """Make the write's row if its start is not in this log, as after the store was lost."""
    know(connection, event.table)
    add(connection, writes, {"write_id": event.write_id, **_blank(seq, event)})


def _blank(seq: int, event: WriteEvent) -> dict[str, Any]:
    return {
        **dict.fromkeys(_UNKNOWN),
        **dict.fromkeys(("mode", "pack", "fingerprint", "staging"), ""),
        "seq": seq,
        "table_name": event.table,
        "at": event.at,
        "outcome": OPEN,
        "recovered": False,
        "reasons": (),
    }
