"""Verdicts, findings and metrics as rows, written with the fact that brought them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, insert

from dq_monitor.model.metric import Metric
from dq_monitor.model.verdict import Counts, Finding, Verdict
from dq_monitor.store.columns import digest
from dq_monitor.store.schema import findings, metrics, verdicts


def counted(counts: Counts) -> dict[str, int]:
    """Return the columns that say where a batch's rows went."""
    return {
        "rows_in": counts.rows_in,
        "kept": counts.kept,
        "quarantined": counts.quarantined,
        "dropped": counts.dropped,
    }


def keep_verdict(
    connection: Connection, seq: int, verdict: Verdict, kind: str, day: date | None
) -> None:
    """Write the verdict that the fact at place `seq` brought, with its findings."""
    row = {
        "seq": seq,
        "id": verdict.id,
        "kind": kind,
        "subject": verdict.subject,
        "table_name": verdict.table,
        "pack": verdict.pack,
        "fingerprint": verdict.fingerprint,
        "status": verdict.status,
        "decision": verdict.decision,
        "rules": len({finding.rule_id for finding in verdict.findings}),
        "judged_at": verdict.judged_at,
        "day": day,
        "reasons": verdict.reasons,
    }
    connection.execute(insert(verdicts), row | counted(verdict.counts))
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


def keep_metrics(connection: Connection, seq: int, measurements: Sequence[Metric]) -> None:
    """Write the measurements that the fact at place `seq` brought."""
    rows = [_metric(seq, number, one) for number, one in enumerate(measurements)]
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
