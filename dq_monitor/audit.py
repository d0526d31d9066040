"""Looks at tables that nobody wrote to: their freshness, or all that can be asked of them whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Literal

import narwhals.stable.v2 as nw
import polars as pl

from dq_monitor import freshness
from dq_monitor.engines import portable
from dq_monitor.engines.contract import keep_contract
from dq_monitor.engines.lazy import beside_clocks
from dq_monitor.engines.polars import evaluate
from dq_monitor.engines.refusal import refuse_each
from dq_monitor.errors import ContractBroken, DqmError, EngineUnreachable, UsageError
from dq_monitor.evolution import StoredColumns
from dq_monitor.judge import judge
from dq_monitor.model.check import Files, Kind, View
from dq_monitor.model.event import TableAudited
from dq_monitor.model.metric import Metric
from dq_monitor.model.pack import GatePolicy, Pack
from dq_monitor.model.rule import Rule, Scope
from dq_monitor.model.verdict import (
    SEVERITY,
    Counts,
    Decision,
    Finding,
    Observation,
    Status,
    Verdict,
)
from dq_monitor.ports import Backend, EventLog
from dq_monitor.tables.delta import DeltaTables
from dq_monitor.tables.newest import newest

CONTRACT = "contract"
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
    pack: Pack, tables: DeltaTables, log: EventLog, now: datetime, *, slot: datetime | None = None
) -> TableAudited:
    """Ask the stored table all rules that are about more than one batch, and record the answers.

    Left out are anomalies and table rules of scope `batch`: their values speak of single batches,
    and the whole table's would break their history.
    """
    subject = audit_id(pack.table, "full", slot or now)
    asked = replace(pack, rules=tuple(rule for rule in pack.rules if _about_table(rule)))
    verdict = _audit(asked, tables, subject, now)
    event = TableAudited(subject, pack.table, now, verdict, _metrics(verdict, now), "full")
    return _record(log, event)


def examine(
    pack: Pack,
    frame: pl.LazyFrame,
    references: Mapping[str, pl.LazyFrame],
    *,
    subject: str,
    now: datetime,
    files: Files | None = None,
    columnar: bool = False,
) -> Verdict:
    """Judge rows where they lie, as one batch, and write nothing; anomalies are left out.

    `files` are the data files that hold the rows, where they lie in a Delta table. `columnar` says
    that the frame only scans Parquet, as every Delta table does. A broken contract is a finding
    here, not an error: the rules are asked all the same. Where it is kept they are asked of what
    the gate would make of the rows, so that an older version of a table can be held against it.
    """
    promised, frame = _contract(pack, frame, files)
    schema = dict(nw.from_native(frame).collect_schema())
    view = View(schema=schema, now=now, timezone=pack.timezone, files=files)
    observations = evaluate(frame, _rules(pack), view, references, None, columnar=columnar)
    rows = frame.select(pl.len()).collect(engine="streaming").item()
    return _conclude(pack, observations, rows, promised, subject=subject, now=now)


def examine_in_place(
    pack: Pack,
    rows: nw.LazyFrame[Any],
    references: Mapping[str, nw.LazyFrame[Any]],
    *,
    engine: str,
    backend: Backend,
    subject: str,
    now: datetime,
    files: Files | None = None,
) -> Verdict:
    """Judge rows as `examine` does, by queries on the engine where they lie.

    Raises EngineCannot, before a row is read, for the rules that the engine cannot ask, and
    EngineUnreachable when it cannot even count the rows.
    """
    schema, rules = rows.collect_schema(), _rules(pack)
    view = View(dict(schema), now, pack.timezone, engine, files=files)
    rows, view = beside_clocks(rows, view, backend.with_clocks)
    unknown = portable.lacking(rows, rules, view, references, prepare=backend.prepare)
    refuse_each(unknown, engine)
    try:
        count = backend.collect(rows.select(nw.len().alias("rows"))).item()
    except Exception as error:
        # the engine's own words may hold values of the data
        raise EngineUnreachable(
            f"{engine} cannot count the rows: {type(error).__name__}",
            fix="check that this user may read the table, and look into the engine's log",
        ) from error
    observations = portable.evaluate(rows, rules, view, references, collect=backend.collect)
    promised, _ = _contract(pack, pl.LazyFrame(schema=schema.to_polars()), files)
    return _conclude(pack, observations, count, promised, subject=subject, now=now)


def _rules(pack: Pack) -> tuple[Rule, ...]:
    """Return the rules that can be asked of rows alone: all but those on history."""
    return tuple(rule for rule in pack.rules if rule.kind is not Kind.HISTORY)


def _conclude(
    pack: Pack,
    observations: Sequence[Observation],
    rows: int,
    promised: tuple[Finding, ...],
    *,
    subject: str,
    now: datetime,
) -> Verdict:
    """Judge what was seen, beside what the contract says of it."""
    # what the gate does about whole batches is not asked here: these rows are stored already
    bare = replace(pack, rules=_rules(pack), gate=GatePolicy())
    verdict = judge(bare, observations, Counts(rows, rows), subject=subject, now=now)
    findings = (*promised, *verdict.findings)
    return replace(
        verdict,
        status=_worst(findings) or verdict.status,
        decision=Decision.COMMIT,
        findings=findings,
        reasons=(),
    )


def references_of(pack: Pack, tables: DeltaTables) -> Mapping[str, pl.LazyFrame]:
    """Return the stored tables that the pack's rules refer to, by name."""
    return {name: tables.scan(name) for name in referred_to(pack) if tables.exists(name)}


def referred_to(pack: Pack) -> list[str]:
    """Return the names of the tables that the pack's rules refer to."""
    return sorted({rule.reference.table for rule in pack.rules if rule.reference})


def _about_table(rule: Rule) -> bool:
    return rule.kind in {Kind.ROW, Kind.SET} or (
        rule.kind is Kind.TABLE and rule.scope is Scope.TABLE
    )


def _audit(pack: Pack, tables: DeltaTables, subject: str, now: datetime) -> Verdict:
    try:
        table = tables.look(pack.table)
        if table is None:
            return replace(_verdict(pack, (), subject, now), status=Status.NOT_EVALUATED)
        frame, references = table.scan(), references_of(pack, tables)
        return examine(
            pack,
            frame,
            references,
            subject=subject,
            now=now,
            files=table.sizes(),
            columnar=True,
        )
    except _UNREADABLE as error:
        return _verdict(pack, (_unreadable("audit", error),), subject, now)


def _contract(
    pack: Pack, frame: pl.LazyFrame, files: Files | None
) -> tuple[tuple[Finding, ...], pl.LazyFrame]:
    """Return whether the rows keep the contract, and the rows as the gate would store them.

    What lies in a table is no new column: none of its columns is taken for one that was renamed.
    """
    if not pack.contract.columns:
        return (), frame
    stored = None if files is None else StoredColumns(frame.collect_schema(), replaced=True)
    status, message = Status.PASS, "every column is as the contract says"
    try:
        frame = keep_contract(pack.table, pack.contract, frame, stored)
    except ContractBroken as error:
        status, message = Status.FAIL, error.detail
    return (Finding(CONTRACT, CONTRACT, Kind.TABLE, status, message),), frame


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
    return replace(verdict, findings=findings, status=_worst(findings) or verdict.status)


def _worst(findings: Iterable[Finding]) -> Status | None:
    statuses = (finding.status for finding in findings)
    return max(statuses, key=SEVERITY.__getitem__, default=None)


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
