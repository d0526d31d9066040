"""The gate: every batch is staged, judged and only then committed, and a batch at most once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from dq_monitor.errors import (
    CommitContended,
    PackMissing,
    TableUnreadable,
    TableUnwritable,
)
from dq_monitor.failpoints import Failpoint, failpoint
from dq_monitor.gate.assessment import Assessor, Write
from dq_monitor.gate.outcome import (
    Outcome,
    metadata_of,
    open_attempt,
    outcome_of,
    proven,
    settling,
)
from dq_monitor.gate.repeated import same, same_answer
from dq_monitor.gate.setting_aside import SettingAside, set_aside
from dq_monitor.gate.undoing import settle
from dq_monitor.model.attempts import again, attempt_before
from dq_monitor.model.event import WriteAbandoned, WriteJudged, WriteStarted
from dq_monitor.model.pack import Pack
from dq_monitor.model.table import WriteMode, quarantine_of
from dq_monitor.model.terms import terms
from dq_monitor.model.verdict import Decision
from dq_monitor.ports import EventLog, MetricHistory
from dq_monitor.registry import or_near
from dq_monitor.states.memory import Memory
from dq_monitor.tables.delta import Commit, DeltaTables
from dq_monitor.tables.looks import Looks
from dq_monitor.tables.unwritable import running_full

__all__ = ["Gate", "Outcome", "Write"]

ATTEMPTS = 5
ATTEMPTS_LOOKED_FOR = 8  # a batch, and how often it was sent again


class Gate:
    """Guards all tables that have a pack."""

    def __init__(
        self,
        *,
        tables: DeltaTables,
        packs: Mapping[str, Pack],
        log: EventLog,
        history: MetricHistory,
        memory: Memory | None = None,
    ) -> None:
        """With `memory`, an append costs what is new of the stored rows, not all of them."""
        self._tables = tables
        self._packs = packs
        self._log = log
        self._setting_aside = SettingAside(tables, log)
        self._assessor = Assessor(tables, history, memory)
        self._contended: set[str] = set()

    def write(self, write: Write) -> Outcome:
        """Audit a batch and commit it, its bad rows to quarantine; or refuse it as a whole.

        Safe to call again, from anywhere, at any time: a settled write answers with its outcome, a
        write that died half-way is finished first. Raises ContractBroken or TypeUnsupported before
        a row is read, and whatever the frame raises; nothing is visible then. Raises BatchChanged
        when what was committed under its id had another digest.
        """
        pack = self.pack(write.table)
        write_id, known = self._last_attempt(write.write_id)
        if known and known.decision is Decision.COMMIT:
            return same(write, known)
        attempt_id = again(write_id) if known else write_id
        attempt = replace(
            write,
            write_id=attempt_id,
            after=attempt_before(write.write_id, attempt_id) or write.after,
            partition_by=write.partition_by or pack.partition_by,
        )
        with self._tables.lease(attempt.write_id):
            failpoint(Failpoint.LEASED)
            done = self._finish(attempt.write_id, write.now)
            if done:
                return same(write, replace(done, replayed=True))
            return self._guard(attempt, pack, known)

    def is_guarded(self, table: str) -> bool:
        """Say whether a table has a pack."""
        return table in self._packs

    def pack(self, table: str) -> Pack:
        """Return the pack that guards a table; raise PackMissing."""
        if table not in self._packs:
            fix = f"write a pack with `table: {table}` in the rules folder"
            raise PackMissing(table, fix=or_near(fix, table, self._packs))
        return self._packs[table]

    def settled(self, write_id: str) -> Outcome | None:
        """Return what became of a batch at last, or None while it has no outcome.

        A refused batch may be sent again, mended or under other rules; it goes on under an id that
        follows from the one before, and the last of them counts.
        """
        return self._last_attempt(write_id)[1]

    def finish(self, table: str, write_id: str, now: datetime) -> Outcome | None:
        """Bring a write to its end if it was begun; return its commit, None where it has none.

        The log tells, and where the store was lost the table itself, whichever attempt it was.
        """
        last_id, known = self._last_attempt(write_id)
        if known and known.decision is Decision.COMMIT:
            return known
        attempt = again(last_id) if known else last_id
        with self._tables.lease(attempt):
            done = self._finish(attempt, now)
            if done and done.decision is Decision.COMMIT:
                return done
            for _ in range(ATTEMPTS_LOOKED_FOR):
                entry = self._entry(table, attempt)
                if entry is not None:
                    return self._proven(table, attempt, entry, now)
                attempt = again(attempt)
        return None

    def recover(self, now: datetime) -> Sequence[str]:
        """Settle every write whose process died; return their ids.

        A judged batch is committed as judged, from its staged files; one that was not judged yet is
        given up and can be sent again. Writes that still run elsewhere are left alone, and so are
        those of a table that cannot be read or written now: they are told when it is written next.
        """
        return [write_id for write_id in self._log.open_writes() if self._recover(write_id, now)]

    def _recover(self, write_id: str, now: datetime) -> bool:
        with self._tables.lease_if_free(write_id) as free:
            if not free:
                return False
            try:
                if not settle(self._tables, self._log, write_id, now):
                    self._finish(write_id, now)
            except (CommitContended, TableUnreadable, TableUnwritable):
                return False  # one broken table must not keep all the others from being written
            return True

    def _last_attempt(self, write_id: str) -> tuple[str, Outcome | None]:
        """Follow a batch to its last attempt; return that one's id, and how it ended if it did.

        A commit that its table no longer holds (it was rolled back, or the warehouse was lost or
        put back) has not ended.
        """
        known = outcome_of(self._log.write_events(write_id))
        if known is None:
            return write_id, None
        next_id = again(write_id)
        if known.decision is Decision.COMMIT:
            return self._last_attempt(next_id) if self._is_lost(known) else (write_id, known)
        last_id, last = next_id, None
        if self._log.write_events(next_id):
            last_id, last = self._last_attempt(next_id)
        # A refusal stands while the next attempt has not ended; not once that was committed, lost.
        return (last_id, last) if last or last_id != next_id else (write_id, known)

    def _is_lost(self, known: Outcome) -> bool:
        now = self._tables.look(known.table)
        if now is None or (known.version is not None and now.version < known.version):
            return True
        return now.is_undone(known.write_id, known.version)

    def _guard(self, write: Write, pack: Pack, refused: Outcome | None) -> Outcome:
        looks = Looks(self._tables)
        now = looks.at(write.table)
        entry = now.entry(write.write_id) if now else None
        if entry is not None and now and now.is_undone(write.write_id, int(str(entry["version"]))):
            next_id = again(write.write_id)
            return self.write(replace(write, write_id=next_id, after=write.write_id))
        if entry is not None:
            return self._proven(write.table, write.write_id, entry, write.now)
        if write.base is not None:
            return self._upon(write, pack, refused, looks)
        if write.table not in self._contended:
            done = self._attempt(write, pack, refused, looks)
            if done:
                return done
            self._contended.add(write.table)
        # From now on in turn: writers who judge against one version undo each other's work.
        with self._tables.lease(f"turn-{write.table}"):
            for _ in range(ATTEMPTS):
                done = self._attempt(write, pack, refused, Looks(self._tables))
                if done:
                    return done
        raise CommitContended(
            f"{write.table}: overtaken {ATTEMPTS} times while the batch was judged",
            fix="send the batch again",
        )

    def _upon(self, write: Write, pack: Pack, refused: Outcome | None, looks: Looks) -> Outcome:
        """Audit and commit upon its base alone; raise CommitContended where that has passed."""
        now, done = looks.at(write.table), None
        if now and now.version == write.base:
            done = self._attempt(write, pack, refused, looks)
        if done is None:
            raise CommitContended(
                f"{write.table}: version {write.base}, which the batch was made for, has passed",
                fix="look at the table and make it again",
            )
        return done

    def _attempt(
        self, write: Write, pack: Pack, refused: Outcome | None, looks: Looks
    ) -> Outcome | None:
        """Audit and commit; None where another writer's commit has overtaken the audit."""
        try:
            return self._pass(write, pack, refused, looks)
        except CommitContended:
            if self._yields(write.write_id, write.table, write.now):
                return None
            raise

    def _yields(self, write_id: str, table: str, now: datetime) -> bool:
        """Give up a write that was overtaken; False for one that is in its table already.

        Its staged files are the table's now, and only its quarantine is still to come: it stays
        open, and whoever comes next finishes it.
        """
        if self._is_committed(table, write_id):
            return False
        self._give_up(write_id, table, now)
        return True

    def _entry(self, table: str, write_id: str) -> Mapping[str, object] | None:
        """Return what the table's log says of a write that it holds and that still counts."""
        now = self._tables.look(table)
        entry = now.entry(write_id) if now else None
        if now is None or entry is None or now.is_undone(write_id, int(str(entry["version"]))):
            return None
        return entry

    def _proven(
        self, table: str, write_id: str, entry: Mapping[str, object], now: datetime
    ) -> Outcome:
        """Return what a commit proves that the log does not know, and do what it calls for."""
        self._setting_aside.prove(table, write_id, entry, now)
        return proven(write_id, table, entry, now)

    def _pass(self, write: Write, pack: Pack, refused: Outcome | None, looks: Looks) -> Outcome:
        self._log.append(self._started(write, pack))
        failpoint(Failpoint.STARTED)
        try:
            with running_full(self._tables.uri(write.table)):
                judged = self._assessor.assess(write, terms(pack, write.origin.release), looks)
        except BaseException:
            self._give_up(write.write_id, write.table, write.now)
            raise
        if refused and same_answer(refused.verdict, judged.verdict, pack):
            self._give_up(write.write_id, write.table, write.now, "refused before, just the same")
            return refused
        judged = replace(judged, retries=write.after) if write.after else judged
        self._log.append(judged)
        failpoint(Failpoint.JUDGED)
        done = self._commit(judged, write.mode, write.partition_by, write.now, looks)
        return replace(done, digest=write.digest)

    def _commit(
        self,
        judged: WriteJudged,
        mode: WriteMode,
        partition_by: tuple[str, ...],
        now: datetime,
        looks: Looks | None = None,
    ) -> Outcome:
        """Make visible what was judged; each step may be repeated after a crash.

        `looks` are those of the audit; without them a write of a process that died is finished.
        """
        recovered = looks is None
        looks = looks or Looks(self._tables)
        write_id, table, verdict = judged.write_id, judged.table, judged.verdict
        staging = self._tables.staging(table, write_id)
        version = None
        if verdict.decision is Decision.COMMIT:
            commit = Commit(write_id, mode, partition_by, metadata_of(judged), judged.base)
            version = self._tables.commit(table, commit, looks.take(table))
            failpoint(Failpoint.TABLE_COMMITTED)
        aside = looks.take(quarantine_of(table))
        quarantine = self._setting_aside.commit(judged, version, now, aside)
        # Swept before the outcome is told: nobody comes back to a write that is settled.
        staging.settle() if verdict.decision is Decision.COMMIT else staging.remove()
        failpoint(Failpoint.SWEPT)
        self._log.append(settling(judged, version, quarantine, now, recovered=recovered))
        failpoint(Failpoint.SETTLED)
        return Outcome(write_id, table, verdict.decision, verdict, version)

    def _finish(self, write_id: str, now: datetime) -> Outcome | None:
        """Bring an earlier attempt at this write to its end, if there was one."""
        events = self._log.write_events(write_id)
        done = outcome_of(events)
        attempt = open_attempt(events)
        if done or attempt is None:
            return done
        started, judged = attempt
        if judged is None or not self._is_whole(judged):
            self._give_up(write_id, started.table, now)
            return None
        try:
            done = self._commit(judged, started.mode, started.partition_by, now)
            return replace(done, digest=started.digest)
        except CommitContended:
            if self._yields(write_id, started.table, now):
                return None
            raise

    def _is_whole(self, judged: WriteJudged) -> bool:
        """Say whether a judged batch can be brought to its end, or has to be sent again.

        All its rows are in their tables or still lie in staging; or those that were kept are in the
        table: then it cannot be sent again, whatever else has been lost.
        """
        kept = judged.verdict.decision is Decision.COMMIT
        if kept and self._is_committed(judged.table, judged.write_id):
            return True
        parts = {quarantine_of(judged.table): set_aside(judged)}
        if kept:
            parts[judged.table] = judged.verdict.counts.kept
        return all(
            self._is_committed(table, judged.write_id)
            or self._tables.staging(table, judged.write_id).holds(rows)
            for table, rows in parts.items()
            if rows or table == judged.table
        )

    def _is_committed(self, table: str, write_id: str) -> bool:
        now = self._tables.look(table)
        return now is not None and now.committed(write_id) is not None

    def _give_up(self, write_id: str, table: str, now: datetime, reason: str = "") -> None:
        self._tables.staging(table, write_id).remove()
        self._tables.staging(quarantine_of(table), write_id).remove()
        failpoint(Failpoint.UNSTAGED)
        self._log.append(WriteAbandoned(write_id, table, now, reason))
        failpoint(Failpoint.GIVEN_UP)

    def _started(self, write: Write, pack: Pack) -> WriteStarted:
        return WriteStarted(
            write_id=write.write_id,
            table=write.table,
            mode=write.mode,
            pack=pack.name,
            fingerprint=pack.fingerprint,
            staging=self._tables.staging(write.table, write.write_id).folder,
            at=write.now,
            origin=write.origin,
            partition_by=write.partition_by,
            digest=write.digest,
        )
