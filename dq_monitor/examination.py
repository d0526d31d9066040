"""Judges rows that exist already, where they lie: a frame, a stored table, another engine's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import narwhals.stable.v2 as nw
import polars as pl

from dq_monitor.engines import portable
from dq_monitor.engines.contract import keep_contract
from dq_monitor.engines.lazy import beside_clocks
from dq_monitor.engines.polars import evaluate
from dq_monitor.engines.refusal import refuse_each
from dq_monitor.errors import ContractBroken, EngineUnreachable
from dq_monitor.evolution import StoredColumns
from dq_monitor.judge import judge
from dq_monitor.model.check import Kind
from dq_monitor.model.pack import GatePolicy, Pack
from dq_monitor.model.rule import Rule
from dq_monitor.model.verdict import (
    SEVERITY,
    Counts,
    Decision,
    Finding,
    Observation,
    Status,
    Verdict,
)
from dq_monitor.model.view import Files, View
from dq_monitor.ports import Backend
from dq_monitor.states.memory import Memory
from dq_monitor.states.recheck import Reading, recheck, sweep
from dq_monitor.states.stored import stored_of
from dq_monitor.tables.delta import DeltaTables
from dq_monitor.tables.snapshot import Snapshot

CONTRACT = "contract"


@dataclass(frozen=True, slots=True)
class Examined:
    """A verdict on a stored table, and how much of it had to be read."""

    verdict: Verdict
    reading: Reading


def examine_table(
    pack: Pack,
    snapshot: Snapshot,
    tables: DeltaTables,
    memory: Memory | None,
    *,
    subject: str,
    now: datetime,
    sweeping: Pack | None = None,
) -> Examined:
    """Judge a version of a stored table as `examine` does, at the cost of what has changed.

    Files that were asked before are not read again for rules whose answers last; see
    `states.recheck`. Without `memory` all are read. `tables` are where the pack's rules find those
    that they refer to, as they are now. `sweeping` is the pack that guards the table: what is kept
    of other rules than its own, or of files that are gone, is dropped; leave it out for a pack on
    trial or an old version.
    """
    there = {name: found for name in referred_to(pack) if (found := tables.look(name))}
    stored = stored_of(snapshot, there) if memory else None
    if memory is None or stored is None:
        scans = {name: found.scan() for name, found in there.items()}
        return _afresh(pack, snapshot, scans, subject=subject, now=now)
    frame, files = snapshot.scan(), snapshot.sizes()
    promised, kept = _contract(pack, frame, files)
    if kept.collect_schema() != frame.collect_schema():  # an older version, under a newer contract
        scans = {name: found.scan() for name, found in there.items()}
        return _afresh(pack, snapshot, scans, subject=subject, now=now)
    schema = dict(nw.from_native(frame).collect_schema())
    view = View(schema=schema, now=now, timezone=pack.timezone, files=files)
    checked = recheck(stored, _rules(pack), view, memory)
    if sweeping:
        sweep(stored, sweeping.rules, view, memory)
    rows = _count(frame) if checked.rows is None else checked.rows
    verdict = _conclude(pack, checked.observations, rows, promised, subject=subject, now=now)
    return Examined(verdict, checked.reading)


def _afresh(
    pack: Pack,
    snapshot: Snapshot,
    references: Mapping[str, pl.LazyFrame],
    *,
    subject: str,
    now: datetime,
) -> Examined:
    files = snapshot.sizes()
    verdict = examine(
        pack,
        snapshot.scan(),
        references,
        subject=subject,
        now=now,
        files=files,
        columnar=True,
    )
    return Examined(verdict, Reading(len(files.sizes), 0, tuple(r.id for r in _rules(pack))))


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
    return _conclude(pack, observations, _count(frame), promised, subject=subject, now=now)


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


def _count(frame: pl.LazyFrame) -> int:
    return int(frame.select(pl.len()).collect(engine="streaming").item())


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
        status=worst(findings) or verdict.status,
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


def worst(findings: Iterable[Finding]) -> Status | None:
    """Return the worst status of some findings; None where there are none."""
    statuses = (finding.status for finding in findings)
    return max(statuses, key=SEVERITY.__getitem__, default=None)
