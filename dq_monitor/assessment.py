"""Assesses one batch: the contract, the pass over its rows, the verdict, and what to set aside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

import narwhals.stable.v2 as nw
import polars as pl

from dq_monitor.batch import (
    NO_FILES,
    Around,
    Staged,
    explained,
    measure,
    refused,
    stage,
    stored_beside,
    widened,
)
from dq_monitor.engines.contract import keep_contract
from dq_monitor.errors import PipelineInvalid
from dq_monitor.history.score import (
    is_imported,
    metrics_of,
    observe_history,
    observe_imported,
)
from dq_monitor.judge import judge
from dq_monitor.model.check import Files, HistoryCheck, Kind, View
from dq_monitor.model.event import Origin, WriteJudged
from dq_monitor.model.metric import Metric
from dq_monitor.model.pack import Evolution, Pack
from dq_monitor.model.rule import Rule, Scope
from dq_monitor.model.storage import Storage
from dq_monitor.model.table import WriteMode, quarantine_of
from dq_monitor.model.verdict import Counts, Decision, Observation, Verdict
from dq_monitor.ports import MetricHistory
from dq_monitor.tables.delta import DeltaTables
from dq_monitor.tables.footers import profile
from dq_monitor.tables.looks import Looks
from dq_monitor.tables.snapshot import Snapshot
from dq_monitor.tables.staging import KEPT, Staging, partition_values
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


class Assessor:
    """Judges batches against the tables as they are; makes nothing visible."""

    def __init__(self, tables: DeltaTables, history: MetricHistory) -> None:
        self._tables = tables
        self._history = history

    def assess(self, write: Write, pack: Pack, looks: Looks | None = None) -> WriteJudged:
        """Stage the batch and judge it; its files and those of its quarantine lie in staging.

        `looks` are what the write has seen of the tables; it sees the others through them.
        """
        looks = looks or Looks(self._tables)
        _require_partitions(write)
        frame = keep_contract(write.table, pack.contract, write.frame)
        require_storable(write.table, frame.collect_schema())
        before = looks.at(write.table)
        if before:
            frame = fit(write.table, frame, before.delta_schema, pack.contract.evolution)
        staging = self._tables.staging(write.table, write.write_id, pack.storage)
        plan, seen = stage(
            frame, pack, staging, write.partition_by, _view(write, pack, frame, before)
        )
        around = Around(
            _staying(write, before, staging),
            _references(pack, looks),
            _files_staying(write, before, staging) if _ask_for_files(pack) else NO_FILES,
        )
        staged = measure(staging, write.partition_by, plan, seen, around)
        verdict = self._verdict(write, pack, staged)
        if verdict.counts.quarantined:
            rows = refused if verdict.decision is Decision.REJECT else explained
            bad = rows(staged, write.write_id, pack, write.now)
            self._stage_quarantine(write, pack.storage, bad, looks)
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

    def _stage_quarantine(
        self, write: Write, storage: Storage, rows: pl.LazyFrame, looks: Looks
    ) -> None:
        table = quarantine_of(write.table)
        stored = looks.at(table)
        if stored:
            rows = fit(table, rows, stored.delta_schema, Evolution.ANY)
        staging = self._tables.staging(table, write.write_id, storage)
        staging.remove()
        staging.remember(rows.collect_schema())
        flagged = rows.with_columns(pl.lit(value=True).alias("_dq_kept"))
        staging.sink(flagged, "_dq_kept").collect(engine="streaming")


def _references(pack: Pack, looks: Looks) -> dict[str, pl.LazyFrame]:
    names = {rule.reference.table for rule in pack.rules if rule.reference}
    there = {name: looks.at(name) for name in names}
    return {name: snapshot.scan() for name, snapshot in there.items() if snapshot}


def _view(write: Write, pack: Pack, frame: pl.LazyFrame, before: Snapshot | None) -> View:
    return View(
        nw.from_native(frame).collect_schema(),
        write.now,
        pack.timezone,
        before=nw.Schema.from_polars(before.schema) if before else None,
        delivered=nw.from_native(write.frame).collect_schema(),
    )


def _staying(write: Write, before: Snapshot | None, staging: Staging) -> pl.LazyFrame | None:
    """Return the rows that will stay beside the batch: what unique keys are held against."""
    if before is None or write.mode is WriteMode.OVERWRITE:
        return None
    stored = widened(before.scan(), staging.schema())
    if write.mode is WriteMode.REPLACE_PARTITIONS:
        return stored_beside(stored, staging, write.partition_by)
    return stored


def _ask_for_files(pack: Pack) -> bool:
    """Say whether a rule about the whole table may look at its files."""
    return any(rule.kind is Kind.TABLE and rule.scope is Scope.TABLE for rule in pack.rules)


def _files_staying(write: Write, before: Snapshot | None, staging: Staging) -> Files:
    """Return the files of the rows that will stay beside the batch."""
    if before is None or write.mode is WriteMode.OVERWRITE:
        return NO_FILES
    if write.mode is WriteMode.APPEND:
        return before.sizes()
    folder = staging.folder / KEPT
    touched = [partition_values(path.relative_to(folder)) for path in staging.files(KEPT)]
    return Files(tuple(file.size for file in before.files() if file.key not in touched))


def _base(before: Snapshot | None) -> int:
    """Return the version that was judged against: of a table that is yet to come, the empty one."""
    return before.version if before else 0


def _rests_on_stored(write: Write, staged: Staged) -> bool:
    """Say whether a rule was held against the stored rows: a unique key, or a `scope: table`."""
    if write.mode is WriteMode.OVERWRITE:
        return False
    plan = staged.plan
    if plan.against_stored():
        return True
    measured = [q.rule for q in plan.tables] + [q.rule for q in plan.queries]
    return any(rule.scope is Scope.TABLE for rule in measured)


def _require_partitions(write: Write) -> None:
    if write.mode is WriteMode.REPLACE_PARTITIONS and not write.partition_by:
        raise PipelineInvalid(
            f"{write.table}: mode replace_partitions on a table without partitions",
            fix="give partition_by in the table's pack or in the step, or use mode overwrite",
        )
