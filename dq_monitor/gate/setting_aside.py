"""The other side of a commit: refused rows to quarantine, and marks for those that left it."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

import polars as pl

from dq_monitor.failpoints import Failpoint, failpoint
from dq_monitor.gate.outcome import metadata_of
from dq_monitor.model.event import QuarantineLost, WriteJudged
from dq_monitor.model.quarantine import ROW, WRITE_ID, Release, RowState, read_rows
from dq_monitor.model.table import WriteMode, quarantine_of
from dq_monitor.model.terms import partial, release_in
from dq_monitor.ports import EventLog
from dq_monitor.tables.delta import Commit, DeltaTables
from dq_monitor.tables.ledger import Ledger, Move
from dq_monitor.tables.snapshot import Snapshot

MOVES = uuid.uuid5(uuid.NAMESPACE_URL, "dq-monitor/quarantine-move")


class SettingAside:
    """What follows from a commit or a rejection in quarantine; each step may be repeated."""

    def __init__(self, tables: DeltaTables, log: EventLog) -> None:
        self._tables = tables
        self._log = log
        self._ledger = Ledger(tables)

    def commit(
        self,
        judged: WriteJudged,
        version: int | None,
        now: datetime,
        seen: Snapshot | None = None,
    ) -> int | None:
        """Commit what goes with a judged write; return the version of quarantine that it made.

        `version` is the table's that it made, None for a rejected batch; `seen` a look at
        quarantine that nobody needs any longer.
        """
        quarantine = self._commit_rows(judged, now, seen)
        release = partial(judged.origin.release)
        if release and version is not None:
            self._mark(judged.table, judged.write_id, release, version, judged.at)
        if judged.retries:
            self._supersede(judged, version)
        return quarantine

    def prove(self, table: str, write_id: str, entry: Mapping[str, object], now: datetime) -> None:
        """Do what a commit in the Delta log of a table calls for, when the store has lost it."""
        release = release_in(entry)
        if release:
            self._mark(table, write_id, release, int(str(entry["version"])), now)
            return
        rows = int(str(entry["dq.quarantined"]))
        if rows:
            told = {key: str(word) for key, word in entry.items() if key.startswith("dq.")}
            self._commit_staged(QuarantineLost(write_id, table, rows, now), told)

    def _commit_rows(self, judged: WriteJudged, now: datetime, seen: Snapshot | None) -> int | None:
        rows = set_aside(judged)
        if not rows:
            return None
        staged = QuarantineLost(judged.write_id, judged.table, rows, now)
        return self._commit_staged(staged, metadata_of(judged), seen)

    def _commit_staged(
        self, staged: QuarantineLost, metadata: Mapping[str, str], seen: Snapshot | None = None
    ) -> int | None:
        """Commit the staged rows to quarantine; where they went away, say so: they are lost."""
        write_id, quarantine = staged.write_id, quarantine_of(staged.table)
        staging = self._tables.staging(quarantine, write_id)
        there = self._tables.look(quarantine, seen)
        version = there.committed(write_id) if there else None
        if version is None and not staging.holds(staged.rows):
            self._lost(staged)
            return None
        if version is None:
            commit = Commit(write_id, WriteMode.APPEND, metadata=metadata)
            version = self._tables.commit(quarantine, commit, there)
        failpoint(Failpoint.QUARANTINE_COMMITTED)
        staging.settle()
        return version

    def _lost(self, lost: QuarantineLost) -> None:
        self._log.append(lost)
        # Not structlog: until a service has set it up it prints to stdout, into people's JSON.
        logging.getLogger(__name__).error(
            "%s: %d refused rows of write %s are lost: their files were taken away before they"
            " were committed to quarantine",
            lost.table,
            lost.rows,
            lost.write_id,
        )

    def _mark(self, table: str, move_id: str, release: Release, version: int, at: datetime) -> None:
        """Mark the rows that a release has brought into the table."""
        move = Move(
            id=move_id,
            of=release.of,
            to=release.kind.state,
            at=at,
            held=release.held,
            by=release.by,
            why=release.why,
        )
        marks = pl.LazyFrame({ROW: read_rows(release.rows)}, schema={ROW: pl.Int64})
        moved = self._ledger.mark(
            table, move, marks.with_columns(pl.lit(release.of).alias(WRITE_ID))
        )
        self._log.append(replace(moved, version=version))

    def _supersede(self, judged: WriteJudged, version: int | None) -> None:
        """Mark the rows of the attempt before: they came again with this one and are settled."""
        table, before, release = judged.table, judged.retries, judged.origin.release
        move_id = str(uuid.uuid5(MOVES, f"{before}:whole"))
        moved = self._ledger.done(table, move_id)
        if moved is None:
            held = self._ledger.open_by_rule(table, before)
            if not held:
                return
            released = release is not None and version is not None
            move = Move(
                id=move_id,
                of=before,
                to=release.kind.state if release and released else RowState.SUPERSEDED,
                at=judged.at,
                held=held,
                by=release.by if release else "",
                why=release.why if release else f"sent again as {judged.write_id}",
            )
            marks = pl.LazyFrame(
                {WRITE_ID: [before], ROW: [None]}, schema={WRITE_ID: pl.String, ROW: pl.Int64}
            )
            moved = self._ledger.mark(table, move, marks)
        self._log.append(replace(moved, version=version))


def set_aside(judged: WriteJudged) -> int:
    """Return how many rows a judged write puts into quarantine: none that come from there."""
    if partial(judged.origin.release):
        return 0
    return judged.verdict.counts.quarantined
