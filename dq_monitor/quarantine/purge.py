"""Forgets quarantined rows: those that were dealt with, or that nobody wants to keep any longer."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime

import polars as pl

from dq_monitor.errors import DqmError
from dq_monitor.model.pack import Pack
from dq_monitor.model.quarantine import FAULTS, REASONS, ROW, STATE, WRITE_ID, RowState
from dq_monitor.model.table import quarantine_of
from dq_monitor.ports import EventLog
from dq_monitor.quarantine.release import retell
from dq_monitor.quarantine.select import Selection
from dq_monitor.tables.delta import DeltaTables
from dq_monitor.tables.forgetting import forget, number_old_rows, vacuum
from dq_monitor.tables.ledger import Ledger, Move, count_held

PURGES = uuid.uuid5(uuid.NAMESPACE_URL, "dq-monitor/quarantine-purge")
PURGED = frozenset({RowState.PURGED})


def purge(
    tables: DeltaTables,
    log: EventLog,
    table: str,
    selection: Selection,
    *,
    by: str,
    why: str,
    now: datetime,
) -> int:
    """Forget the chosen rows, whatever their state; return how many.

    Open ones are marked as purged first, so that nobody releases them meanwhile and their number
    is not forgotten with them. One that another process releases in the same moment is in the
    table, and its values are forgotten here all the same.
    """
    with tables.lease(quarantine_of(table)):
        number_old_rows(tables, table)
        retell(tables, log, table)
        # What was forgotten a week ago can leave the disk by now.
        vacuum(tables, table)
        chosen = _chosen(tables, table, selection, now)
        if chosen.is_empty():
            return 0
        ledger = Ledger(tables)
        said = Move(id="", of="", to=RowState.PURGED, at=now, held=(), by=by, why=why)
        for move, rows in _moves(ledger, table, chosen, said):
            log.append(ledger.mark(table, move, rows.select(WRITE_ID, ROW, FAULTS)))
        name = str(uuid.uuid5(PURGES, f"{table}:{now.isoformat()}"))
        return forget(tables, table, chosen.select(WRITE_ID, ROW), f"purge-{name}")


def purge_expired(
    tables: DeltaTables, log: EventLog, packs: Mapping[str, Pack], now: datetime
) -> Mapping[str, int]:
    """Forget the rows that their packs keep no longer; return how many by table.

    A table that cannot be read or written keeps none of the others from it; the last such error is
    raised in the end.
    """
    gone, failed = dict[str, int](), None
    for table, pack in packs.items():
        if pack.quarantine.keep_for is None:
            continue
        old, why = Selection(older_than=pack.quarantine.keep_for), "older than its pack keeps"
        try:
            gone[table] = purge(tables, log, table, old, by="retention", why=why, now=now)
        except DqmError as error:
            failed = error
    if failed:
        raise failed
    return gone


def _chosen(tables: DeltaTables, table: str, selection: Selection, now: datetime) -> pl.DataFrame:
    """Return the rows to forget, and those that a purge has marked and not taken out."""
    rows = Ledger(tables).rows(table)
    if rows is None:
        return pl.DataFrame()
    left = replace(Selection(), states=PURGED).of(rows, now)
    both = pl.concat([selection.of(rows, now), left]).select(WRITE_ID, ROW, STATE, REASONS, FAULTS)
    return both.unique([WRITE_ID, ROW]).collect(engine="streaming")


def _moves(
    ledger: Ledger, table: str, chosen: pl.DataFrame, said: Move
) -> Iterator[tuple[Move, pl.LazyFrame]]:
    """Return for each write of which open rows are chosen the move, and its rows."""
    still_open = chosen.filter(pl.col(STATE) == RowState.OPEN.value)
    for (write_id,), rows in still_open.partition_by(WRITE_ID, as_dict=True).items():
        of, turn = str(write_id), ledger.turn(table, str(write_id))
        move_id = str(uuid.uuid5(PURGES, f"{table}:{of}:{turn}"))
        held = count_held(rows.lazy())
        yield replace(said, id=move_id, of=of, held=held), rows.lazy()
