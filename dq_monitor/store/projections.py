"""What each fact changes in the tables that people look at, in the transaction of the fact."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Connection, case, insert, update

from dq_monitor.model.event import (
    BatchCommitted,
    Event,
    StepBroke,
    StepStarted,
    TableAudited,
    WriteAbandoned,
    WriteJudged,
    WriteRejected,
    WriteStarted,
)
from dq_monitor.model.metric import Metric
from dq_monitor.model.verdict import Counts, Finding, Verdict
from dq_monitor.store.access import insert_into
from dq_monitor.store.columns import digest
from dq_monitor.store.facts import measured
from dq_monitor.store.graph import draw
from dq_monitor.store.schema import findings, metrics, verdicts, writes

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
            _keep_verdict(connection, seq, event.verdict, event.scope, None)
            _keep_metrics(connection, seq, event)
        case BatchCommitted() | WriteRejected() | WriteAbandoned():
            _settle(connection, seq, event)
        case StepBroke():
            pass


def _start(connection: Connection, seq: int, event: WriteStarted) -> None:
    row = _blank(seq, event) | {
        "mode": event.mode,
        "pack": event.pack,
        "fingerprint": event.fingerprint,
        "staging": event.staging,
        "day": event.origin.day,
    }
    statement = insert_into(connection, writes).values(write_id=event.write_id, **row)
    # A write that was abandoned begins anew; an outcome that is known before its start stands.
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["write_id"], set_=row, where=writes.c.outcome == ABANDONED
        )
    )


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
            **_counted(counts),
        )
    )
    _keep_verdict(connection, seq, event.verdict, "write", event.origin.day)
    _keep_metrics(connection, seq, event)


def _settle(
    connection: Connection, seq: int, event: BatchCommitted | WriteRejected | WriteAbandoned
) -> None:
    _ensure(connection, seq, event)
    # The first outcome stands; but a write that was given up and yet came through did come through.
    connection.execute(
        update(writes)
        .where(writes.c.write_id == event.write_id, writes.c.outcome.in_((OPEN, ABANDONED)))
        .values(settled_seq=seq, settled_at=event.at, **_outcome(event))
    )


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
    statement = insert_into(connection, writes).values(
        write_id=event.write_id, **_blank(seq, event)
    )
    connection.execute(statement.on_conflict_do_nothing())


def _blank(
    seq: int, event: WriteStarted | WriteJudged | BatchCommitted | WriteRejected | WriteAbandoned
) -> dict[str, Any]:
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


def _counted(counts: Counts) -> dict[str, int]:
    return {
        "rows_in": counts.rows_in,
        "kept": counts.kept,
        "quarantined": counts.quarantined,
        "dropped": counts.dropped,
    }


def _keep_verdict(
    connection: Connection, seq: int, verdict: Verdict, kind: str, day: date | None
) -> None:
    connection.execute(
        insert(verdicts).values(
            seq=seq,
            id=verdict.id,
            kind=kind,
            subject=verdict.subject,
            table_name=verdict.table,
            pack=verdict.pack,
            fingerprint=verdict.fingerprint,
            status=verdict.status,
            decision=verdict.decision,
            rules=len({finding.rule_id for finding in verdict.findings}),
            judged_at=verdict.judged_at,
            day=day,
            reasons=verdict.reasons,
            **_counted(verdict.counts),
        )
    )
    rows = [_finding(seq, n, verdict.table, f) for n, f in enumerate(verdict.findings)]
    if rows:
        connection.execute(insert(findings), rows)


def _finding(seq: int, position: int, table: str, finding: Finding) -> dict[str, Any]:
    return {
        "seq": seq,
        "position": position,
        "table_name": table,
        "rule_id": finding.rule_id,
        "check_name": finding.check,
        "kind": finding.kind,
        "status": finding.status,
        "message": finding.message,
        "columns": finding.columns,
        "segment": finding.segment,
        "expected": finding.expected,
        "on_fail": finding.on_fail,
        "failing": finding.failing,
        "passing": finding.passing,
        "value": finding.value,
        "batch_value": finding.batch_value,
        "score": finding.score,
        "lower": finding.lower,
        "upper": finding.upper,
    }


def _keep_metrics(connection: Connection, seq: int, event: WriteJudged | TableAudited) -> None:
    rows = [_metric(seq, n, metric) for n, metric in enumerate(measured(event))]
    if rows:
        connection.execute(insert(metrics), rows)


def _metric(seq: int, position: int, metric: Metric) -> dict[str, Any]:
    return {
        "seq": seq,
        "position": position,
        "series": digest(metric.table, metric.name, metric.segment),
        "table_name": metric.table,
        "name": metric.name,
        "segment": metric.segment,
        "value": metric.value,
        "at": metric.at,
        "day": metric.day,
        "lower": metric.lower,
        "upper": metric.upper,
        "flagged": metric.flagged,
    }
