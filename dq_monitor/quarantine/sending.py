"""The batch that released rows are: what is sent to the gate, and in whose name."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from dq_monitor.gate import Write
from dq_monitor.model.event import Origin, WriteStarted
from dq_monitor.model.pack import Pack
from dq_monitor.model.quarantine import Release, ReleaseKind
from dq_monitor.model.table import WriteMode, quarantine_of
from dq_monitor.ports import EventLog
from dq_monitor.quarantine.select import Selection
from dq_monitor.quarantine.trial import own
from dq_monitor.tables.delta import DeltaTables

RELEASES = uuid.uuid5(uuid.NAMESPACE_URL, "dq-monitor/quarantine-release")


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody wants done, and by which clock."""

    pack: Pack
    kind: ReleaseKind
    selection: Selection
    by: str
    why: str
    now: datetime


class Sending:
    """Makes batches of released rows."""

    def __init__(self, tables: DeltaTables, log: EventLog) -> None:
        self._tables = tables
        self._log = log

    def batch(self, order: Order, release: Release, write_id: str, rows: pl.LazyFrame) -> Write:
        """Return the rows as a batch: a release of single ones, or their write as it came."""
        table, before = order.pack.table, self._started(release.of)
        origin = Origin(
            job=f"quarantine.{order.kind}.{table}",
            run_id=str(uuid.uuid5(RELEASES, f"{write_id}:{order.now.isoformat()}")),
            inputs=(self._tables.dataset(quarantine_of(table)),),
            output=self._tables.dataset(table),
            day=before.origin.day if before else None,
            release=release,
        )
        whole = before if release.whole else None
        return Write(
            table=table,
            frame=self._as_they_came(table, rows),
            write_id=write_id,
            origin=origin,
            now=order.now,
            mode=whole.mode if whole else WriteMode.APPEND,
            partition_by=self._partitions(table, before),
        )

    def _started(self, write_id: str) -> WriteStarted | None:
        events = self._log.write_events(write_id)
        return next((one for one in events if isinstance(one, WriteStarted)), None)

    def _partitions(self, table: str, before: WriteStarted | None) -> tuple[str, ...]:
        there = self._tables.look(table)
        if there is not None:
            return tuple(there.handle.metadata().partition_columns)
        return before.partition_by if before else ()

    def _as_they_came(self, table: str, rows: pl.LazyFrame) -> pl.LazyFrame:
        """Return the rows' own columns: not those that only other writes brought to quarantine."""
        names, there = own(rows), self._tables.look(table)
        if there is None:
            return rows.select(names)
        new = [name for name in names if name not in there.schema]
        filled = rows.select(pl.col(new).is_not_null().any()).collect(engine="streaming")
        empty = {name for name in new if not filled[name].item()}
        return rows.select(name for name in names if name not in empty)
