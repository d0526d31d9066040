"""Rows of the store as values of the model."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from dq_monitor.model.check import Kind
from dq_monitor.model.incident import Incident, IncidentState
from dq_monitor.model.metric import Metric
from dq_monitor.model.rule import OnFail
from dq_monitor.model.verdict import Counts, Finding, Status


def metric_of(row: Row[Any]) -> Metric:
    """Return a row of `metrics` as a Metric."""
    return Metric(
        table=row.table_name,
        name=row.name,
        value=row.value,
        at=row.at,
        segment=row.segment,
        day=row.day,
        lower=row.lower,
        upper=row.upper,
        flagged=row.flagged,
    )


def incident_of(row: Row[Any]) -> Incident:
    """Return a row of `incidents` as an Incident."""
    return Incident(
        id=row.id,
        table=row.table_name,
        rule_id=row.rule_id,
        segment=row.segment,
        state=IncidentState(row.state),
        severity=Status(row.severity),
        title=row.title,
        opened_at=row.opened_at,
        last_seen_at=row.last_seen_at,
        times_seen=row.times_seen,
        owner=row.owner,
        muted_until=row.muted_until,
    )


def finding_of(row: Row[Any]) -> Finding:
    """Return a row of `findings` as a Finding."""
    return Finding(
        rule_id=row.rule_id,
        check=row.check_name,
        kind=Kind(row.kind),
        status=Status(row.status),
        message=row.message,
        columns=row.columns,
        segment=row.segment,
        expected=row.expected,
        on_fail=OnFail(row.on_fail),
        failing=row.failing,
        passing=row.passing,
        value=row.value,
        batch_value=row.batch_value,
        score=row.score,
        lower=row.lower,
        upper=row.upper,
    )


def counts_of(row: Row[Any]) -> Counts | None:
    """Return where a write's rows went; None while it has not been judged."""
    if row.rows_in is None:
        return None
    return Counts(row.rows_in, row.kept, row.quarantined, row.dropped)
