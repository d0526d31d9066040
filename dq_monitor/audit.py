"""Looks at tables that nobody wrote to: their freshness, or all that can be asked of them whole."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Literal

import polars as pl

from dq_monitor import freshness
from dq_monitor.errors import DqmError, UsageError
from dq_monitor.examination import examine_table, worst
from dq_monitor.judge import judge
from dq_monitor.model.check import Kind
from dq_monitor.model.event import TableAudited
from dq_monitor.model.metric import Metric
from dq_monitor.model.pack import GatePolicy, Pack
from dq_monitor.model.rule import Rule, Scope
from dq_monitor.model.verdict import (
    Counts,
    Finding,
    Status,
    Verdict,
)
from dq_monitor.ports import EventLog
from dq_monitor.states.memory import Memory
from dq_monitor.tables.delta import DeltaTables
from dq_monitor.tables.newest import newest

AuditScope = Literal["freshness", "full"]
NOTHING = Counts(rows_in=0, kept=0)
_UNREADABLE = (DqmError, OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException)


def audit_id(table: str, scope: AuditScope, slot: datetime) -> str:
    """Return the id under which the log keeps one audit: a slot is never judged twice."""
    return f"audit:{table}:{scope}:{slot.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def audit_freshness(
    pack: Pack, tables: DeltaTables, log: EventLog, now: datetime, *, slot: datetime | None = None
) -> TableAudited:
    """Judge how old the table's newest row is at `now`, and record it.

    Only values count, so a commit that compacts files makes nothing fresh. `slot` is the moment
    the schedule asked for: its first verdict stands and is returned again.
    """
    subject = audit_id(pack.table, "freshness", slot or now)
    verdict = _verdict(pack, (_find_freshness(pack, tables, now),), subject, now)
    event = TableAudited(subject, pack.table, now, verdict, _metrics(verdict, now), "freshness")
    return _record(log, event)


def audit_table(
    pack: Pack,
    tables: DeltaTables,
    log: EventLog,
    now: datetime,
    *,
    slot: datetime | None = None,
    memory: Memory | None = None,
) -> TableAudited:
    """Ask the stored table all rules that are about more than one batch, and record the answers.

    Left out are anomalies and table rules of scope `batch`: their values speak of single batches,
    and the whole table's would break their history. With `memory`, only files that were not
    asked before are read.
    """
    subject = audit_id(pack.table, "full", slot or now)
    asked = replace(pack, rules=tuple(rule for rule in pack.rules if _about_table(rule)))
    try:
        verdict = _examine(asked, tables, memory, subject, now, sweeping=pack)
    except _UNREADABLE as error:
        verdict = _verdict(asked, (_unreadable("audit", error),), subject, now)
    event = TableAudited(subject, pack.table, now, verdict, _metrics(verdict, now), "full")
    return _record(log, event)


def _about_table(rule: Rule) -> bool:
    return rule.kind in {Kind.ROW, Kind.SET} or (
        rule.kind is Kind.TABLE and rule.scope is Scope.TABLE
    )


def _examine(
    asked: Pack,
    tables: DeltaTables,
    memory: Memory | None,
    subject: str,
    now: datetime,
    *,
    sweeping: Pack,
) -> Verdict:
    table = tables.look(asked.table)
    if table is None:
        return replace(_verdict(asked, (), subject, now), status=Status.NOT_EVALUATED)
    found = examine_table(asked, table, tables, memory, subject=subject, now=now, sweeping=sweeping)
    return found.verdict


def _find_freshness(pack: Pack, tables: DeltaTables, now: datetime) -> Finding:
    limits = pack.freshness
    if limits is None:
        raise UsageError(
            f"pack {pack.name} says nothing of freshness", fix="add `freshness: {column: ...}`"
        )
    try:
        if not tables.exists(pack.table):
            return freshness.find_never(limits, pack.table)
        value = newest(tables.open(pack.table).handle, limits.column)
    except _UNREADABLE as error:
        return _unreadable(freshness.RULE, error)
    return freshness.find_late(limits, value, pack.timezone, now)


def _unreadable(rule_id: str, error: BaseException) -> Finding:
    # only our own errors are worded for people: an engine's text may hold values of the data
    why = error.detail if isinstance(error, DqmError) else type(error).__name__
    message = f"the table could not be read: {why}"
    return Finding(rule_id, rule_id, Kind.TABLE, Status.ERROR, message)


def _verdict(pack: Pack, findings: tuple[Finding, ...], subject: str, now: datetime) -> Verdict:
    bare = replace(pack, rules=(), gate=GatePolicy())
    verdict = judge(bare, (), NOTHING, subject=subject, now=now)
    return replace(verdict, findings=findings, status=worst(findings) or verdict.status)


def _metrics(verdict: Verdict, now: datetime) -> tuple[Metric, ...]:
    return tuple(
        Metric(verdict.table, finding.rule_id, finding.value, now, finding.segment)
        for finding in verdict.findings
        if finding.kind is Kind.TABLE and finding.value is not None
    )


def _record(log: EventLog, event: TableAudited) -> TableAudited:
    """Append the audit and return what the log holds: a slot's first verdict stands."""
    (first,) = log.read(log.append(event) - 1, 1)
    if not isinstance(first.event, TableAudited):
        raise TypeError(f"the log answers {event.audit_id} with {first.event.type}")
    return first.event
