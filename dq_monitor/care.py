"""Takes care of stored tables: sweep, compaction, checkpoint, vacuum; no row ever changes.

Nothing that an open write or a reader needs is removed, and a process that dies at any step leaves
the table as it was before the step or after it.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from deltalake.exceptions import CommitFailedError

from dq_monitor.errors import (
    CareContended,
    CommitContended,
    LeaseLost,
    TableMissing,
    TableUnreadable,
    UsageError,
)
from dq_monitor.failpoints import Failpoint, failpoint
from dq_monitor.gate.outcome import open_attempt
from dq_monitor.model.care import SHORTEST_KEEP, Care, Done, Upkeep
from dq_monitor.model.event import TableMaintained
from dq_monitor.model.metric import Metric
from dq_monitor.model.table import quarantine_of
from dq_monitor.packs.limits import spell_duration
from dq_monitor.ports import EventLog
from dq_monitor.tables.compaction import COMPACTED, Bin, commit, plan, rewrite, same_rows
from dq_monitor.tables.delta import DeltaTables
from dq_monitor.tables.properties import commits_since_checkpoint, unlike
from dq_monitor.tables.snapshot import Snapshot
from dq_monitor.tables.staging import CARRIED, Staging
from dq_monitor.tables.sweep import Sweeper, care_lease
from dq_monitor.tables.unwritable import writing

ATTEMPTS = 12
EVERYTHING = frozenset(Upkeep)
OVERTAKEN = "the files were replaced by another write meanwhile"


def care_id(table: str, slot: datetime) -> str:
    """Return the id under which the log keeps one run: a slot's care is taken once."""
    return f"care:{table}:{slot.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"


def each(table: str, care: Care) -> tuple[tuple[str, Care], ...]:
    """Return the care for a table and for its quarantine, whose rows stay in the order they came.

    Each write that refuses a row leaves a small file there too.
    """
    return (table, care), (quarantine_of(table), replace(care, zorder=()))


def require_keep(care: Care) -> None:
    """Raise UsageError where replaced files would go before their readers are done."""
    if care.vacuum.keep < SHORTEST_KEEP:
        raise UsageError(
            f"a vacuum that keeps {spell_duration(care.vacuum.keep)}"
            " takes files from readers that run now",
            fix=f"keep {SHORTEST_KEEP.days}d or more, or use --force when nobody reads the table",
        )


@dataclass(frozen=True, slots=True)
class Caretaker:
    """Takes care of tables. `clock` is the system's: files are as old as the system says."""

    tables: DeltaTables
    log: EventLog
    clock: Callable[[], datetime]

    def look_after(
        self,
        table: str,
        care: Care,
        slot: datetime,
        *,
        only: Collection[Upkeep] = EVERYTHING,
        dry_run: bool = False,
    ) -> TableMaintained:
        """Do for a table what is due, and record it; with `dry_run` only say what would be done.

        Raises TableMissing, TableUnreadable, and CareContended while another process is at it.
        """
        if not self.tables.exists(table):
            raise TableMissing(table, fix="run the step that writes it")
        with self.tables.lease_if_free(care_lease(table)) as free:
            if not free:
                raise CareContended(table, fix="wait for it, or look at `dqm serve`'s log")
            done = tuple(self._work(table, care, only, dry_run=dry_run))
        now, at = self.tables.open(table), self.clock()
        event = TableMaintained(care_id(table, slot), table, at, done, _metrics(now, table, at))
        if not dry_run:
            self.log.append(event)
        return event

    def _work(
        self, table: str, care: Care, only: Collection[Upkeep], *, dry_run: bool
    ) -> Iterator[Done]:
        sweeper = Sweeper(self.tables, table, self._is_open, dry_run)
        if Upkeep.SWEEP in only:
            swept = sweeper.sweep(self.clock() - care.sweep_after)
            yield Done(Upkeep.SWEEP, swept.files, swept.size)
        if Upkeep.COMPACT in only:
            yield self._compact(table, care, dry_run=dry_run)
        if Upkeep.CHECKPOINT in only:
            yield self._checkpoint(table, care, dry_run=dry_run)
        if Upkeep.VACUUM in only:
            now = self.clock()
            gone = sweeper.vacuum(now - care.vacuum.keep, now)
            yield Done(Upkeep.VACUUM, gone.files, gone.size)

    def _is_open(self, write_id: str) -> bool:
        return open_attempt(self.log.write_events(write_id)) is not None

    def _compact(self, table: str, care: Care, *, dry_run: bool) -> Done:
        now = self.tables.open(table)
        bins = plan(now, care.compact, care.zorder)
        files = sum(len(one.files) for one in bins)
        size = sum(one.size for one in bins)
        if dry_run or not bins:
            return Done(Upkeep.COMPACT, files, size, len(bins))
        staging = self.tables.staging(table, f"care-{uuid.uuid4()}", COMPACTED)
        _rewrite(now, bins, staging, care)
        failpoint(Failpoint.CARE_REWRITTEN)
        made = [file.size for file in staging.files(CARRIED)]
        self._require_ours(table)
        # From here on only the table can say whose the new files are: an error leaves them to the
        # sweep, which asks it.
        version = self._replace(table, bins, staging)
        if version is None:
            staging.remove()
            return Done(Upkeep.COMPACT, left=OVERTAKEN)
        failpoint(Failpoint.CARE_COMPACTED)
        staging.settle()
        return Done(Upkeep.COMPACT, files, size, len(made), sum(made), version)

    def _require_ours(self, table: str) -> None:
        """Raise CareContended where the lease was lost: another may sweep away what we wrote."""
        try:
            self.tables.leases.confirm(care_lease(table))
        except LeaseLost as error:
            raise CareContended(table, fix="take care of it again") from error

    def _replace(self, table: str, bins: Sequence[Bin], staging: Staging) -> int | None:
        """Commit in turn with contended writers: the rewriting itself kept nobody waiting."""
        with self.tables.lease(f"turn-{table}"), writing(self.tables.uri(table)):
            for _ in range(ATTEMPTS):
                at = int(self.clock().timestamp() * 1000)
                try:
                    return commit(self.tables.open(table), bins, staging, at)
                except CommitFailedError:
                    continue
        raise CommitContended(
            f"{table}: its compaction gave up after {ATTEMPTS} attempts",
            fix="take care of it when less is written",
        )

    def _checkpoint(self, table: str, care: Care, *, dry_run: bool) -> Done:
        """Set the table's properties, and sum up its log where many commits came since."""
        now = self.tables.open(table)
        wanted = unlike(now, care)
        if wanted and not dry_run:
            with self.tables.lease(f"turn-{table}"):
                now = self.tables.open(table)
                now.handle.alter.set_table_properties(dict(wanted))
            failpoint(Failpoint.CARE_ALIGNED)
            now = self.tables.open(table)
        behind = commits_since_checkpoint(now)
        if behind == 0 or dry_run:
            return Done(Upkeep.CHECKPOINT, behind)
        now.handle.create_checkpoint()
        failpoint(Failpoint.CARE_CHECKPOINTED)
        return Done(Upkeep.CHECKPOINT, behind, version=now.version)


def _require_same_rows(now: Snapshot, bins: Sequence[Bin], staging: Staging) -> None:
    if not same_rows(bins, now, staging):
        raise TableUnreadable(
            f"{now.uri}: compacted files do not hold the rows of the old ones",
            fix="the table is as it was; check its files with `dqm check`",
        )


def _rewrite(now: Snapshot, bins: Sequence[Bin], staging: Staging, care: Care) -> None:
    try:
        rewrite(now, bins, staging, care.zorder, care.compact.target_size)
        _require_same_rows(now, bins, staging)
    except BaseException:
        staging.remove()  # nobody knows of it yet
        raise


def _metrics(now: Snapshot, table: str, at: datetime) -> tuple[Metric, ...]:
    sizes = now.sizes().sizes
    return (
        Metric(table, "care.files", float(len(sizes)), at),
        Metric(table, "care.bytes", float(sum(sizes)), at),
    )
