"""Assesses one batch: the contract, the pass over its rows, the verdict, and what to set aside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

import narwhals.stable.v2 as nw
import polars as pl

from dq_monitor.engines.contract import alike, keep_contract
from dq_monitor.engines.plan import Plan
from dq_monitor.errors import BatchTorn, PipelineInvalid
from dq_monitor.evolution import StoredColumns, differences
from dq_monitor.failpoints import Failpoint, failpoint
from dq_monitor.gate.batch import (
    explained,
    held_by,
    measure,
    numbered,
    refused,
    stage,
)
from dq_monitor.gate.merging import (
    OtherKeys,
    begun,
    changed,
    delivered_keys,
    keyed,
    require_keys,
)
from dq_monitor.gate.required import parting, requiring
from dq_monitor.gate.staged import Around, Staged
from dq_monitor.gate.staying import AllRows, NoRows, OtherPartitions, Staying
from dq_monitor.history.score import (
    is_imported,
    metrics_of,
    observe_history,
    observe_imported,
)
from dq_monitor.judge import judge
from dq_monitor.model.check import HistoryCheck, Kind
from dq_monitor.model.difference import Difference
from dq_monitor.model.event import Origin, WriteJudged
from dq_monitor.model.metric import Metric
from dq_monitor.model.pack import Evolution, Pack
from dq_monitor.model.quarantine import HeldRows
from dq_monitor.model.rule import OnFail, Rule, Scope
from dq_monitor.model.storage import Storage
from dq_monitor.model.table import Upsert, WriteMode, quarantine_of
from dq_monitor.model.terms import partial
from dq_monitor.model.verdict import Counts, Decision, Observation, Verdict
from dq_monitor.model.view import View
from dq_monitor.model.widening import has_wider
from dq_monitor.ports import MetricHistory
from dq_monitor.states.beside import Beside, beside_of
from dq_monitor.states.memory import Memory
from dq_monitor.tables.delta import DeltaTables
from dq_monitor.tables.footers import Footer, profile
from dq_monitor.tables.ledger import stage_rows
from dq_monitor.tables.looks import Looks
from dq_monitor.tables.snapshot import Snapshot
from dq_monitor.tables.staging import KEPT, QUARANTINED, Staging
from dq_monitor.tables.types import delta_schema, fields_of, fit, require_storable


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """A batch that wants into a table.

    `write_id` is stable per batch: the same id twice changes nothing. `now` (UTC) is the time by
    which its rules judge. A frame may be scanned more than once, so it must give the same rows.
    `key` is what people call the batch. `digest` is that of its content: under a write id that was
    committed with another one it is refused. `after` is the attempt before, refused or undone.
    `base` is the version of the table that the frame was made for: it goes into no other.
    """

    table: str
    frame: pl.LazyFrame
    write_id: str
    origin: Origin
    now: datetime
    mode: WriteMode = WriteMode.APPEND
    partition_by: tuple[str, ...] = ()
    upsert: Upsert | None = None
    key: str = ""
    digest: str = ""
    after: str = ""
    base: int | None = None


@dataclass(frozen=True, slots=True)
class Fitted:
    """A batch as it would be stored, all that was delivered, and the pack with what merges ask.

    They differ where rows that change nothing are left out of a dimension's history. `differences`
    are those of what came from the contract and the table.
    """

    frame: pl.LazyFrame
    delivered: pl.LazyFrame
    pack: Pack
    differences: tuple[Difference, ...] = ()


class Assessor:
    """Judges batches against the tables as they are; makes nothing visible."""

    def __init__(
        self, tables: DeltaTables, history: MetricHistory, memory: Memory | None = None
    ) -> None:
        self._tables = tables
        self._history = history
        self._memory = memory

    def assess(self, write: Write, pack: Pack, looks: Looks | None = None) -> WriteJudged:
        """Stage the batch and judge it; its files and those of its quarantine lie in staging.

        `looks` are what the write has seen of the tables; it sees the others through them.
        """
        looks = looks or Looks(self._tables)
        _require_mode(write)
        before = looks.at(write.table)
        fitted = _fitted(write, pack, before)
        frame, pack = fitted.frame, fitted.pack
        staging = self._tables.staging(write.table, write.write_id, pack.storage)
        plan, seen = stage(
            frame, pack, staging, write.partition_by, _view(write, pack, frame, before)
        )
        if write.upsert and write.upsert.history:
            staging.require(write.upsert.history.required)
        failpoint(Failpoint.STAGED)
        around = Around(
            _staying(write, fitted.delivered, before, staging),
            _references(pack, looks),
            _ask_for_files(pack),
            self._beside(write, plan, before),
        )
        staged = measure(staging, write.partition_by, plan, seen, around)
        failpoint(Failpoint.MEASURED)
        kept = _whole_parts(write, staged)
        verdict = self._verdict(write, pack, staged)
        held: tuple[HeldRows, ...] = ()
        # Rows that come from quarantine lie there already: those that may not leave it stay.
        returning = partial(write.origin.release) is not None
        if verdict.counts.quarantined and not returning:
            rows = refused if verdict.decision is Decision.REJECT else explained
            bad = rows(staged, write.write_id, pack, write.now)
            held = self._stage_quarantine(write, pack.storage, bad, looks)
        fields = fields_of(delta_schema(staging.schema()))
        return WriteJudged(
            write_id=write.write_id,
            table=write.table,
            at=write.now,
            verdict=verdict,
            origin=write.origin,
            metrics=() if returning else metrics_of(verdict, pack.rules, write.origin.day),
            profile=profile(kept, fields),
            base=_base(before) if _rests_on_stored(write, staged) else None,
            differences=fitted.differences,
            held=held,
            upsert=write.upsert if _merges(write) else None,
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

    def _beside(self, write: Write, plan: Plan, before: Snapshot | None) -> Beside | None:
        """Return what is known of the stored rows, where all of them stay and a rule asks."""
        if self._memory is None or before is None or write.mode is not WriteMode.APPEND:
            return None
        if not (plan.against_stored() or plan.of_whole_table()):
            return None
        return beside_of(before, self._memory, write.now, plan.view.timezone)

    def _stage_quarantine(
        self, write: Write, storage: Storage, rows: pl.LazyFrame, looks: Looks
    ) -> tuple[HeldRows, ...]:
        table = quarantine_of(write.table)
        stored, rows = looks.at(table), numbered(rows)
        if stored:
            rows = fit(table, alike(rows, stored.schema), stored.delta_schema, Evolution.ANY)
        staging = self._tables.staging(table, write.write_id, storage)
        stage_rows(staging, rows)
        failpoint(Failpoint.HELD_STAGED)
        return held_by(staging.scan(KEPT))


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


def _fitted(write: Write, pack: Pack, before: Snapshot | None) -> Fitted:
    """Return the batch as it would be stored, and what it is asked; no row is read."""
    frame = write.frame
    upsert = require_keys(write.table, write.upsert, frame) if _merges(write) else None
    history = upsert.history if upsert else None
    if history:
        frame = begun(frame, history, write.now)
    stored = _stored(write, before) if before else None
    found = differences(pack.contract, stored, frame.collect_schema())
    _require_types(write.table, frame.collect_schema(), found)
    frame = keep_contract(write.table, pack.contract, frame, stored, found)
    require_storable(write.table, frame.collect_schema())
    if before:
        evolution = pack.contract.evolution
        replaced = write.mode is WriteMode.OVERWRITE
        frame = fit(write.table, frame, before.delta_schema, evolution, replaced=replaced)
        pack = requiring(pack, before.required)
    # Of single rows that are released all go in, or none.
    on_fail = OnFail.BLOCK if partial(write.origin.release) else OnFail.QUARANTINE
    pack = parting(pack, write.partition_by, frame.collect_schema(), on_fail)
    if upsert:
        pack = keyed(pack, upsert, on_fail)
    return Fitted(changed(frame, before, history) if history else frame, frame, pack, found)


def _require_types(table: str, come: pl.Schema, found: Sequence[Difference]) -> None:
    """Raise TypeUnsupported where a type that does not fit is none that Delta has: it names one.

    A type that only the policy refuses has a wider one, and the contract's words say more.
    """
    unfit = {one.column: come[one.column] for one in found if one.breaking and one.column in come}
    none = {name: dtype for name, dtype in unfit.items() if not has_wider(dtype)}
    if none:
        require_storable(table, pl.Schema(none))


def _stored(write: Write, before: Snapshot) -> StoredColumns:
    replaced = write.mode is WriteMode.OVERWRITE
    return StoredColumns(before.schema, before.required, replaced, whole=_merges(write))


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


def _whole_parts(write: Write, staged: Staged) -> Sequence[Footer]:
    """Return what the files say that were kept; raise BatchTorn where any holds other rows."""
    kept, counts = staged.staging.footers(KEPT), staged.counts
    _require_whole(write, KEPT, kept, counts.kept)
    if counts.quarantined:
        held = staged.staging.footers(QUARANTINED)
        _require_whole(write, QUARANTINED, held, counts.quarantined)
    return kept


def _require_whole(write: Write, part: str, footers: Sequence[Footer], counted: int) -> None:
    """Raise BatchTorn unless the files hold the rows that were counted: nothing rests on trust."""
    there = sum(footer.rows for footer in footers)
    if there != counted:
        raise BatchTorn(
            f"{write.table}: {counted:,} rows were {part}, and their files hold {there:,}",
            fix="send the batch again if others have touched its files; else report it, with the"
            " pack",
        )


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
