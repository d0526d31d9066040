"""Assesses one batch: the contract, the pass over its rows, the verdict, and what to set aside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

import narwhals.stable.v2 as nw
import polars as pl

from dq_monitor.batch import (
    Around,
    Staged,
    explained,
    measure,
    refused,
    stage,
)
from dq_monitor.engines.contract import keep_contract
from dq_monitor.errors import PipelineInvalid
from dq_monitor.failpoints import Failpoint, failpoint
from dq_monitor.history.score import (
    is_imported,
    metrics_of,
    observe_history,
    observe_imported,
)
from dq_monitor.judge import judge
from dq_monitor.merging import (
    OtherKeys,
    begun,
    changed,
    delivered_keys,
    keyed,
    require_keys,
    require_whole,
)
from dq_monitor.model.check import HistoryCheck, Kind, View
from dq_monitor.model.event import Origin, WriteJudged
from dq_monitor.model.metric import Metric
from dq_monitor.model.pack import Evolution, Pack
from dq_monitor.model.rule import Rule, Scope
from dq_monitor.model.table import Upsert, WriteMode, quarantine_of
from dq_monitor.model.verdict import Counts, Decision, Observation, Verdict
from dq_monitor.ports import MetricHistory
from dq_monitor.states.beside import Beside, beside_of
from dq_monitor.states.memory import Memory
from dq_monitor.staying import AllRows, NoRows, OtherPartitions, Staying
from dq_monitor.tables.delta import DeltaTables
from dq_monitor.tables.footers import profile
from dq_monitor.tables.snapshot import Snapshot
from dq_monitor.tables.staging import KEPT, Staging
from dq_monitor.tables.types import delta_schema, fields_of, fit, require_storable


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """A batch that wants into a table.

    `write_id` is stable per batch: the same id twice changes nothing. `now` (UTC) is the time by
    which its rules judge. A frame may be scanned more than once, so it must give the same rows.
    """

    table: str
    frame: pl.LazyFrame
    write_id: str
    origin: Origin
    now: datetime
    mode: WriteMode = WriteMode.APPEND
    partition_by: tuple[str, ...] = ()
    upsert: Upsert | None = None


@dataclass(frozen=True, slots=True)
class Fitted:
    """A batch as it would be stored, all that was delivered, and the pack with what merges ask.

    They differ where rows that change nothing are left out of a dimension's history.
    """

    frame: pl.LazyFrame
    delivered: pl.LazyFrame
    pack: Pack


class Assessor:
    """Judges batches against the tables as they are; makes nothing visible."""

    def __init__(
        self, tables: DeltaTables, history: MetricHistory, memory: Memory | None = None
    ) -> None:
        self._tables = tables
        self._history = history
        self._memory = memory

    def assess(self, write: Write, pack: Pack) -> WriteJudged:
        """Stage the batch and judge it; its files and those of its quarantine lie in staging."""
        _require_mode(write)
        before = self._tables.look(write.table)
        fitted = _fitted(write, pack, before)
        frame, pack = fitted.frame, fitted.pack
        staging = self._tables.staging(write.table, write.write_id)
        plan, seen = stage(
            frame, pack, staging, write.partition_by, _view(write, pack, frame, before)
        )
        failpoint(Failpoint.STAGED)
        around = Around(
            _staying(write, fitted.delivered, before, staging),
            self._references(pack),
            _ask_for_files(pack),
            self._beside(write, pack, before),
        )
        staged = measure(staging, write.partition_by, plan, seen, around)
        failpoint(Failpoint.MEASURED)
        verdict = self._verdict(write, pack, staged)
        if verdict.counts.quarantined:
            rows = refused if verdict.decision is Decision.REJECT else explained
            self._stage_quarantine(write, rows(staged, write.write_id, pack, write.now))
        fields = fields_of(delta_schema(staging.schema()))
        return WriteJudged(
            write_id=write.write_id,
            table=write.table,
            at=write.now,
            verdict=verdict,
            origin=write.origin,
            metrics=metrics_of(verdict, pack.rules, write.origin.day),
            profile=profile(staging.files(KEPT), fields),
            base=_base(before) if _rests_on_stored(write, staged) else None,
        )

    def _verdict(self, write: Write, pack: Pack, staged: Staged) -> Verdict:
        seen = (*staged.observations, *self._past(write, staged))
        verdict = judge(pack, seen, staged.counts, subject=write.write_id, now=write.now)
        if verdict.decision is Decision.COMMIT:
            return verdict
        counts = verdict.counts
        held = Counts(counts.rows_in, 0, counts.kept + counts.quarantined, counts.dropped)
        return replace(verdict, counts=held)

    def _past(self, write: Write, staged: Staged) -> Iterator[Observation]:
        for rule in staged.plan.histories:
            metric = cast("HistoryCheck", rule.check).metric
            measured = [o for o in staged.observations if o.rule_id == metric]
            if is_imported(metric) and not measured:
                before = self._before(write, rule, "", more=1)
                yield observe_imported(rule, before, write.now)
                continue
            for one in measured or [Observation(metric)]:
                before = self._before(write, rule, one.segment)
                seen = observe_history(rule, one.value, before, write.origin.day)
                yield replace(seen, segment=one.segment)

    def _before(self, write: Write, rule: Rule, segment: str, more: int = 0) -> Sequence[Metric]:
        check = cast("HistoryCheck", rule.check)
        wanted = check.window + more
        return self._history.before(write.table, check.metric, segment, write.now, wanted)

    def _beside(self, write: Write, pack: Pack, before: Snapshot | None) -> Beside | None:
        """Return what is known of the stored rows, where all of them stay."""
        if self._memory is None or before is None or write.mode is not WriteMode.APPEND:
            return None
        return beside_of(before, self._memory, write.now, pack.timezone)

    def _references(self, pack: Pack) -> dict[str, pl.LazyFrame]:
        names = {rule.reference.table for rule in pack.rules if rule.reference}
        there = {name: self._tables.look(name) for name in names}
        return {name: snapshot.scan() for name, snapshot in there.items() if snapshot}

    def _stage_quarantine(self, write: Write, rows: pl.LazyFrame) -> None:
        table = quarantine_of(write.table)
        stored = self._tables.look(table)
        if stored:
            rows = fit(table, rows, stored.delta_schema, Evolution.ANY)
        staging = self._tables.staging(table, write.write_id)
        staging.remove()
        staging.remember(rows.collect_schema())
        flagged = rows.with_columns(pl.lit(value=True).alias("_dq_kept"))
        flagged.sink_parquet(staging.target("_dq_kept", ()), mkdir=True)
        failpoint(Failpoint.HELD_STAGED)


def _view(write: Write, pack: Pack, frame: pl.LazyFrame, before: Snapshot | None) -> View:
    return View(
        nw.from_native(frame).collect_schema(),
        write.now,
        pack.timezone,
        before=nw.Schema.from_polars(before.schema) if before else None,
        delivered=nw.from_native(write.frame).collect_schema(),
    )


def _fitted(write: Write, pack: Pack, before: Snapshot | None) -> Fitted:
    """Return the batch as it would be stored, and what it is asked; no row is read."""
    frame = write.frame
    upsert = require_keys(write.table, write.upsert, frame) if _merges(write) else None
    history = upsert.history if upsert else None
    if history:
        frame = begun(frame, history, write.now)
    if before and upsert:
        require_whole(write.table, frame, before)
    frame = keep_contract(write.table, pack.contract, frame)
    require_storable(write.table, frame.collect_schema())
    if before:
        frame = fit(write.table, frame, before.delta_schema, pack.contract.evolution)
    return Fitted(
        changed(frame, before, history) if history else frame,
        frame,
        keyed(pack, upsert) if upsert else pack,
    )


def _staying(
    write: Write, delivered: pl.LazyFrame, before: Snapshot | None, staging: Staging
) -> Staying:
    """Return the rows that will stay beside the batch: what unique keys are held against."""
    if before is None or write.mode is WriteMode.OVERWRITE:
        return NoRows()
    if write.mode is WriteMode.REPLACE_PARTITIONS:
        return OtherPartitions(before, staging, write.partition_by)
    if write.upsert is None or not _merges(write):
        return AllRows(before, staging)
    keys = delivered_keys(write.table, delivered, write.upsert)
    return OtherKeys(before, staging, write.partition_by, write.upsert, write.now, keys)


def _merges(write: Write) -> bool:
    return write.mode is WriteMode.MERGE


def _ask_for_files(pack: Pack) -> bool:
    """Say whether a rule about the whole table may look at its files."""
    return any(rule.kind is Kind.TABLE and rule.scope is Scope.TABLE for rule in pack.rules)


def _base(before: Snapshot | None) -> int:
    """Return the version that was judged against: of a table that is yet to come, the empty one."""
    return before.version if before else 0


def _rests_on_stored(write: Write, staged: Staged) -> bool:
    """Say whether a rule was held against the stored rows: a unique key, or a `scope: table`."""
    if write.mode is WriteMode.OVERWRITE:
        return False
    if write.mode is WriteMode.MERGE:
        return True  # the files that it writes anew are those of one version
    plan = staged.plan
    if plan.against_stored():
        return True
    measured = [q.rule for q in plan.tables] + [q.rule for q in plan.queries]
    return any(rule.scope is Scope.TABLE for rule in measured)


def _require_mode(write: Write) -> None:
    if write.mode is WriteMode.REPLACE_PARTITIONS and not write.partition_by:
        raise PipelineInvalid(
            f"{write.table}: mode replace_partitions on a table without partitions",
            fix="give partition_by in the table's pack or in the step, or use mode overwrite",
        )
    if write.upsert and not _merges(write):
        raise PipelineInvalid(
            f"{write.table}: an upsert with mode {write.mode}", fix="use mode merge with it"
        )
