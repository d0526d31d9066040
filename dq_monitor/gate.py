"""The gate: every batch is staged, judged and only then committed, and a batch at most once."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

import polars as pl

from dq_monitor.batch import Around, Staged, explained, measure, refused, stage, stored_beside
from dq_monitor.engines.contract import keep_contract
from dq_monitor.errors import CommitContended, PackMissing
from dq_monitor.history.score import metrics_of, observe_history
from dq_monitor.judge import judge
from dq_monitor.model.check import HistoryCheck, Kind, SetCheck
from dq_monitor.model.event import (
    Origin,
    WriteAbandoned,
    WriteJudged,
    WriteStarted,
)
from dq_monitor.model.pack import Evolution, Pack
from dq_monitor.model.table import WriteMode, quarantine_of
from dq_monitor.model.verdict import Counts, Decision, Observation, Verdict
from dq_monitor.outcome import (
    Outcome,
    metadata_of,
    open_attempt,
    outcome_of,
    proven,
    settling,
)
from dq_monitor.ports import EventLog, MetricHistory
from dq_monitor.tables.delta import Commit, DeltaTables
from dq_monitor.tables.footers import profile
from dq_monitor.tables.snapshot import Snapshot
from dq_monitor.tables.staging import KEPT, Staging
from dq_monitor.tables.types import delta_schema, fields_of, fit, require_storable

__all__ = ["Gate", "Outcome", "Write"]

ATTEMPTS = 3
AGAIN = uuid.uuid5(uuid.NAMESPACE_URL, "dq-monitor/write-again")


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


class Gate:
    """Guards all tables that have a pack."""

    def __init__(
        self,
        *,
        tables: DeltaTables,
        packs: Mapping[str, Pack],
        log: EventLog,
        history: MetricHistory,
    ) -> None:
        self._tables = tables
        self._packs = packs
        self._log = log
        self._history = history

    def write(self, write: Write) -> Outcome:
        """Audit a batch and commit it, its bad rows to quarantine; or refuse it as a whole.

        Safe to call again, from anywhere, at any time: a settled write answers with its outcome, a
        write that died half-way is finished first. Raises ContractBroken or TypeUnsupported before
        a row is read, and whatever the frame raises; nothing is visible then.
        """
        pack = self.pack(write.table)
        write = replace(
            self._attempt(write, pack), partition_by=write.partition_by or pack.partition_by
        )
        with self._tables.lease(write.write_id):
            done = self._finish(write.write_id, write.now)
            return replace(done, replayed=True) if done else self._guard(write, pack)

    def pack(self, table: str) -> Pack:
        """Return the pack that guards a table; raise PackMissing."""
        if table not in self._packs:
            raise PackMissing(table, fix=f"write a pack with `table: {table}` in the rules folder")
        return self._packs[table]

    def settled(self, write_id: str) -> Outcome | None:
        """Return what became of a write at last, or None while it has no outcome.

        A batch that was refused and sent again under other rules goes on under an id of its own,
        which follows from the one before; the last of them counts.
        """
        known = outcome_of(self._log.write_events(write_id))
        if known and known.decision is Decision.REJECT:
            return self.settled(_again(write_id)) or known
        return known

    def recover(self, now: datetime) -> Sequence[str]:
        """Settle every write whose process died; return their ids.

        A judged batch is committed as judged, from its staged files; one that was not judged yet is
        given up and can be sent again. Writes that still run elsewhere are left alone.
        """
        return [write_id for write_id in self._log.open_writes() if self._recover(write_id, now)]

    def _recover(self, write_id: str, now: datetime) -> bool:
        with self._tables.lease_if_free(write_id) as free:
            if free:
                self._finish(write_id, now)
            return free

    def _attempt(self, write: Write, pack: Pack) -> Write:
        """Go on with the last attempt at this batch, or begin the next if its rules changed."""
        known = self.settled(write.write_id)
        if known is None:
            return write
        refused_before = known.decision is Decision.REJECT
        if refused_before and known.verdict.fingerprint != pack.fingerprint:
            return replace(write, write_id=_again(known.write_id))
        return replace(write, write_id=known.write_id)

    def _guard(self, write: Write, pack: Pack) -> Outcome:
        now = self._tables.look(write.table)
        entry = now.entry(write.write_id) if now else None
        if entry is not None:
            return proven(write.write_id, write.table, entry, write.now)
        for _ in range(ATTEMPTS - 1):
            try:
                return self._pass(write, pack)
            except CommitContended:
                # Another writer changed what this verdict rests on: audit against that.
                self._give_up(write.write_id, write.table, write.now)
        return self._pass(write, pack)

    def _pass(self, write: Write, pack: Pack) -> Outcome:
        self._log.append(self._started(write, pack))
        try:
            judged = self._judge(write, pack)
        except BaseException:
            self._give_up(write.write_id, write.table, write.now)
            raise
        self._log.append(judged)
        return self._commit(judged, write.mode, write.partition_by, write.now, recovered=False)

    def _judge(self, write: Write, pack: Pack) -> WriteJudged:
        frame = keep_contract(write.table, pack.contract, write.frame)
        require_storable(write.table, frame.collect_schema())
        before = self._tables.look(write.table)
        if before:
            frame = fit(write.table, frame, before.delta_schema, pack.contract.evolution)
        staging = self._tables.staging(write.table, write.write_id)
        plan, seen = stage(frame, pack, staging, write.partition_by, write.now)
        around = Around(_staying(write, before, staging), self._references(pack))
        staged = measure(staging, write.partition_by, plan, seen, around)
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
        seen = (*staged.observations, *self._past(write, pack, staged))
        verdict = judge(pack, seen, staged.counts, subject=write.write_id, now=write.now)
        if verdict.decision is Decision.COMMIT:
            return verdict
        counts = verdict.counts
        held = Counts(counts.rows_in, 0, counts.kept + counts.quarantined, counts.dropped)
        return replace(verdict, counts=held)

    def _past(self, write: Write, pack: Pack, staged: Staged) -> Iterator[Observation]:
        values = {o.rule_id: o.value for o in staged.observations}
        for rule in staged.plan.histories:
            check = cast("HistoryCheck", rule.check)
            before = self._history.before(pack.table, check.metric, "", write.now, check.window)
            yield observe_history(rule, values.get(check.metric), before, write.origin.day)

    def _references(self, pack: Pack) -> dict[str, pl.LazyFrame]:
        sets = (cast("SetCheck", rule.check) for rule in pack.rules if rule.kind is Kind.SET)
        names = {reference.table for check in sets if (reference := check.reference())}
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

    def _commit(
        self,
        judged: WriteJudged,
        mode: WriteMode,
        partition_by: tuple[str, ...],
        now: datetime,
        *,
        recovered: bool,
    ) -> Outcome:
        """Make visible what was judged; each step may be repeated after a crash."""
        write_id, table, verdict = judged.write_id, judged.table, judged.verdict
        staging = self._tables.staging(table, write_id)
        version = None
        if verdict.decision is Decision.COMMIT:
            commit = Commit(write_id, mode, partition_by, metadata_of(judged), judged.base)
            version = self._tables.commit(table, commit)
        quarantine = self._commit_quarantine(judged)
        # Swept before the outcome is told: nobody comes back to a write that is settled.
        staging.settle() if verdict.decision is Decision.COMMIT else staging.remove()
        self._log.append(settling(judged, version, quarantine, now, recovered=recovered))
        return Outcome(write_id, table, verdict.decision, verdict, version)

    def _commit_quarantine(self, judged: WriteJudged) -> int | None:
        if not judged.verdict.counts.quarantined:
            return None
        table = quarantine_of(judged.table)
        commit = Commit(judged.write_id, WriteMode.APPEND, metadata=metadata_of(judged))
        version = self._tables.commit(table, commit)
        self._tables.staging(table, judged.write_id).settle()
        return version

    def _finish(self, write_id: str, now: datetime) -> Outcome | None:
        """Bring an earlier attempt at this write to its end, if there was one."""
        events = self._log.write_events(write_id)
        done = outcome_of(events)
        attempt = open_attempt(events)
        if done or attempt is None:
            return done
        started, judged = attempt
        if judged is None:
            self._give_up(write_id, started.table, now)
            return None
        try:
            return self._commit(judged, started.mode, started.partition_by, now, recovered=True)
        except CommitContended:
            self._give_up(write_id, started.table, now)
            return None

    def _give_up(self, write_id: str, table: str, now: datetime) -> None:
        self._tables.staging(table, write_id).remove()
        self._tables.staging(quarantine_of(table), write_id).remove()
        self._log.append(WriteAbandoned(write_id, table, now))

    def _started(self, write: Write, pack: Pack) -> WriteStarted:
        return WriteStarted(
            write_id=write.write_id,
            table=write.table,
            mode=write.mode,
            pack=pack.name,
            fingerprint=pack.fingerprint,
            staging=str(self._tables.staging(write.table, write.write_id).folder),
            at=write.now,
            origin=write.origin,
            partition_by=write.partition_by,
        )


def _staying(write: Write, before: Snapshot | None, staging: Staging) -> pl.LazyFrame | None:
    """Return the rows that will stay beside the batch: what unique keys are held against."""
    if before is None or write.mode is WriteMode.OVERWRITE:
        return None
    if write.mode is WriteMode.REPLACE_PARTITIONS:
        return stored_beside(before.scan(), staging, write.partition_by)
    return before.scan()


def _base(before: Snapshot | None) -> int:
    """Return the version that was judged against: of a table that is yet to come, the empty one."""
    return before.version if before else 0


def _again(write_id: str) -> str:
    return str(uuid.uuid5(AGAIN, write_id))


def _rests_on_stored(write: Write, staged: Staged) -> bool:
    """Say whether a unique key was held against the stored rows."""
    if write.mode is WriteMode.OVERWRITE:
        return False
    return any(q.check.reference() is None for q in staged.plan.sets)
