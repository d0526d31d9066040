"""Brings rows back from quarantine through the gate: waived as they are, or replayed, once."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import polars as pl

from dq_monitor.errors import CommitContended, DqmError
from dq_monitor.gate import Gate, Write
from dq_monitor.gate.outcome import Outcome, outcome_of
from dq_monitor.model.quarantine import (
    AT,
    FAULTS,
    REASONS,
    ROW,
    WRITE_ID,
    Release,
    ReleaseKind,
    RowState,
    spell_rows,
)
from dq_monitor.model.table import Upsert, WriteMode, quarantine_of
from dq_monitor.model.verdict import Decision
from dq_monitor.ports import EventLog
from dq_monitor.quarantine.merged import Came, came_since, merge_of, only_its_sender
from dq_monitor.quarantine.replaced import replaced_since
from dq_monitor.quarantine.select import Selection
from dq_monitor.quarantine.sending import RELEASES, Order, Sending
from dq_monitor.quarantine.trial import Answer, Trial
from dq_monitor.tables.delta import DeltaTables
from dq_monitor.tables.forgetting import number_old_rows
from dq_monitor.tables.ledger import Ledger, Move, count_held, only_open

ATTEMPTS = 5
OPEN = frozenset({RowState.OPEN})


@dataclass(frozen=True, slots=True)
class Released:
    """What became of the chosen rows of one write, `of`.

    `version` is the table's that holds the released ones. `cause` says why none was: the rows stay
    as they were.
    """

    table: str
    of: str
    released: int
    still_open: int
    version: int | None = None
    write_id: str = ""
    cause: str = ""


class Releases:
    """Releases quarantined rows, one write's after the other's, each row once."""

    def __init__(self, gate: Gate, tables: DeltaTables, log: EventLog) -> None:
        self._gate = gate
        self._tables = tables
        self._log = log
        self._ledger = Ledger(tables)
        self._sending = Sending(tables, log)

    def waive(
        self, table: str, selection: Selection, *, by: str, why: str, now: datetime
    ) -> Sequence[Released]:
        """Put the chosen open rows into the table although they fail: `by` answers for them.

        A batch that was rejected is waived whole or not at all. Raises PackMissing.
        """
        pack = self._gate.pack(table)
        return self._run(Order(pack, ReleaseKind.WAIVE, selection, by, why, now))

    def replay(
        self, table: str, selection: Selection, *, by: str = "", now: datetime
    ) -> Sequence[Released]:
        """Judge the chosen open rows by today's pack and put those that pass into the table.

        The others stay open, with the reasons that hold now. A batch that was rejected comes again
        as a whole, under its own key. Raises PackMissing.
        """
        pack = self._gate.pack(table)
        return self._run(Order(pack, ReleaseKind.REPLAY, selection, by, "", now))

    def _run(self, order: Order) -> Sequence[Released]:
        table = order.pack.table
        # One at a time for people's sake: they see what they decide on. That a row is released once
        # does not rest on it.
        with self._tables.lease(f"{quarantine_of(table)}"):
            number_old_rows(self._tables, table)
            retell(self._tables, self._log, table)
            return [self._survive(order, write_id) for write_id in self._writes(order)]

    def _writes(self, order: Order) -> Sequence[str]:
        rows = self._ledger.rows(order.pack.table)
        if rows is None:
            return ()
        chosen = replace(order.selection, states=OPEN).of(rows, order.now)
        found = chosen.group_by(WRITE_ID).agg(pl.col(AT).min()).sort(AT, WRITE_ID)
        ids: list[str] = found.collect(engine="streaming")[WRITE_ID].to_list()
        return ids

    def _survive(self, order: Order, write_id: str) -> Released:
        """Release one write's rows; what goes wrong with them does not stop the others."""
        try:
            table, events = order.pack.table, self._log.write_events(write_id)
            upsert = merge_of(self._tables, table, write_id, events)
            if self._was_rejected(table, write_id):
                if upsert:
                    raise only_its_sender(table, write_id, "their batch was rejected as a whole")
                return self._whole(order, write_id)
            return self._rows(order, write_id, upsert)
        except DqmError as error:
            stay = self._open(order, write_id).select(pl.len()).collect().item()
            return Released(order.pack.table, write_id, 0, stay, cause=str(error).splitlines()[0])

    def _was_rejected(self, table: str, write_id: str) -> bool:
        """Say whether a write was refused as a whole; the Delta log tells when the store cannot."""
        known = outcome_of(self._log.write_events(write_id))
        if known is not None:
            return known.decision is Decision.REJECT
        there = self._tables.look(table)
        return there is None or there.committed(write_id) is None

    def _open(self, order: Order, write_id: str) -> pl.LazyFrame:
        rows = self._ledger.rows(order.pack.table)
        if rows is None:
            return pl.LazyFrame()
        return order.selection.of(only_open(rows, write_id), order.now)

    def _whole(self, order: Order, write_id: str) -> Released:
        """Send a rejected batch again: under its key, so that it and a mended one exclude."""
        table = order.pack.table
        rows = self._open(replace(order, selection=Selection()), write_id)
        height = rows.select(pl.len()).collect().item()
        chosen = self._open(order, write_id).select(pl.len()).collect().item()
        if order.kind is ReleaseKind.WAIVE and chosen < height:
            why = f"the batch was rejected whole: waive all its {height:,} rows or none"
            return Released(table, write_id, 0, height, cause=why)
        left = replaced_since(self._tables, table, write_id).require_leaves(rows, write_id)
        if left.select(pl.len()).collect().item() < height:
            why = "others have replaced partitions of the batch since: send it again or purge it"
            return Released(table, write_id, 0, height, cause=why)
        release = Release(order.kind, write_id, order.by, order.why, whole=True)
        outcome = self._gate.write(self._sending.batch(order, release, write_id, rows))
        if outcome.decision is Decision.REJECT:
            return _refused(outcome, write_id, height)
        counts = outcome.verdict.counts
        return Released(
            table, write_id, counts.kept, counts.quarantined, outcome.version, outcome.write_id
        )

    def _rows(self, order: Order, write_id: str, upsert: Upsert | None) -> Released:
        """Release single rows of a committed write.

        The release is named after its write and how often rows of that were moved before, which is
        read first: two who release the same rows at once use the same name, and the table takes a
        name once. Whoever finds that it was taken looks again at what is left.
        """
        for _ in range(ATTEMPTS):
            turn = self._ledger.turn(order.pack.table, write_id)
            release_id = str(uuid.uuid5(RELEASES, f"{order.pack.table}:{write_id}:{turn}"))
            done = self._turn(order, write_id, release_id, upsert)
            if done is not None:
                return done
        raise CommitContended(
            f"{order.pack.table}: others keep releasing rows of write {write_id}", fix="try again"
        )

    def _turn(
        self, order: Order, write_id: str, release_id: str, upsert: Upsert | None
    ) -> Released | None:
        """Release what may leave now; None when rows have moved meanwhile, or their table has.

        What a dead process has begun under this name is finished first: its rows may be in the
        table already, where they would seem to be others with the same keys.
        """
        table = order.pack.table
        if self._gate.finish(table, release_id, order.now):
            return None
        every = self._open(order, write_id)
        rows = replaced_since(self._tables, table, write_id).require_leaves(every, write_id)
        came = came_since(self._tables, table, write_id, upsert) if upsert else None
        rows = came.require_leaves(rows, write_id) if came else rows
        merges = came.upsert if came else None
        trial = Trial(self._tables, order.pack, release_id, order.now, merges)
        answer = self._asked(order, rows, trial)
        outcome = None
        if answer.passing:
            mine = rows.filter(pl.col(ROW).is_in(answer.passing))
            outcome = self._sent(self._batch(order, release_id, mine, came))
            if outcome is None or outcome.replayed:
                return None
            if outcome.decision is Decision.REJECT:
                return _refused(outcome, write_id, len(answer.passing) + answer.failing.height)
        if answer.failing.height:
            self._note(order, write_id, release_id, rows, answer.failing)
        total, left = every.select(pl.len()).collect().item(), len(answer.passing)
        version = outcome.version if outcome else None
        name = outcome.write_id if outcome else ""
        return Released(table, write_id, left, total - left, version, name)

    def _batch(self, order: Order, release_id: str, rows: pl.LazyFrame, came: Came | None) -> Write:
        """Return the rows that leave as a write: rows of a merge upon what `came` was read of."""
        numbers = rows.select(ROW).collect(engine="streaming")[ROW].sort().to_list()
        of = rows.select(pl.col(WRITE_ID).first()).collect().item()
        held = count_held(rows)
        release = Release(order.kind, of, order.by, order.why, held, spell_rows(numbers))
        write = self._sending.batch(order, release, release_id, rows)
        if came is None:
            return write
        return replace(write, mode=WriteMode.MERGE, upsert=came.upsert, base=came.version)

    def _asked(self, order: Order, rows: pl.LazyFrame, trial: Trial) -> Answer:
        """Say which rows may leave: of a replay those that pass, of a waiver all."""
        if order.kind is ReleaseKind.REPLAY:
            return trial.judge(rows)
        all_of_them = rows.select(ROW).collect(engine="streaming")[ROW].to_list()
        return Answer(all_of_them, pl.DataFrame(schema={ROW: pl.Int64}))

    def _sent(self, write: Write) -> Outcome | None:
        """Write through the gate; None where the table is no longer what rows were chosen by."""
        try:
            return self._gate.write(write)
        except CommitContended:
            if write.base is None:
                raise
            return None

    def _note(
        self,
        order: Order,
        write_id: str,
        release_id: str,
        rows: pl.LazyFrame,
        failing: pl.DataFrame,
    ) -> None:
        """Keep the reasons that hold now, of rows that fail by others than before."""
        new = failing.rename({FAULTS: "_dq_new"})
        both = rows.select(ROW, FAULTS, REASONS).collect().join(new, on=ROW)
        changed = both.filter(pl.col(FAULTS) != pl.col("_dq_new"))
        if changed.is_empty():
            return
        after = changed.with_columns(
            pl.col("_dq_new").alias(FAULTS),
            pl.col("_dq_new").list.eval(pl.element().struct.field("rule")).alias(REASONS),
        )
        move = Move(
            id=str(uuid.uuid5(RELEASES, f"{release_id}:again")),
            of=write_id,
            to=RowState.OPEN,
            at=order.now,
            held=count_held(changed.lazy()),
            now=count_held(after.lazy()),
            by=order.by,
        )
        marks = after.lazy().select(pl.lit(write_id).alias(WRITE_ID), ROW, FAULTS)
        self._log.append(self._ledger.mark(order.pack.table, move, marks))


def retell(tables: DeltaTables, log: EventLog, table: str) -> None:
    """Tell the log of the last moves again: a process may have died between a mark and its fact.

    What it knows already it passes over.
    """
    for moved in Ledger(tables).latest(table):
        log.append(moved)


def _refused(outcome: Outcome, write_id: str, rows: int) -> Released:
    cause = "; ".join(outcome.verdict.reasons)
    return Released(outcome.table, write_id, 0, rows, cause=f"the gate refused them: {cause}")
