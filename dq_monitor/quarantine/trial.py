"""Asks today's rules of rows that wait in quarantine, as if they came now; nothing is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

import narwhals.stable.v2 as nw
import polars as pl

from dq_monitor.engines.contract import keep_contract
from dq_monitor.gate.batch import explained, measure, stage
from dq_monitor.gate.merging import NO_KEYS, OtherKeys, keyed
from dq_monitor.gate.required import parting
from dq_monitor.gate.staged import Around, Staged
from dq_monitor.gate.staying import AllRows, NoRows, Staying
from dq_monitor.model.check import Kind
from dq_monitor.model.pack import Evolution, OnExtra, Pack
from dq_monitor.model.quarantine import FAULTS, OURS, ROW
from dq_monitor.model.rule import OnFail
from dq_monitor.model.table import Upsert, states_of
from dq_monitor.model.view import View
from dq_monitor.tables.delta import DeltaTables
from dq_monitor.tables.snapshot import Snapshot
from dq_monitor.tables.staging import KEPT, Staging
from dq_monitor.tables.types import fit


@dataclass(frozen=True, slots=True)
class Answer:
    """The numbers of the rows that pass, and those that fail with their faults."""

    passing: list[int]
    failing: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Trial:
    """Asks the rules of `pack` for the release `write_id`; rows of a merge go in as `upsert` says.

    A rule that cannot be asked refuses no row here: the gate refuses them all, and says why.
    """

    tables: DeltaTables
    pack: Pack
    write_id: str
    now: datetime
    upsert: Upsert | None = None

    def judge(self, rows: pl.LazyFrame) -> Answer:
        """Judge rows of one write, row by row and key by key; raise ContractBroken."""
        with self._staged(rows) as staged:
            passing = staged.staging.scan(KEPT).select(ROW).collect()
            failing = explained(staged, self.write_id, self.pack, self.now).select(ROW, FAULTS)
            return Answer(passing[ROW].sort().to_list(), failing.collect())

    @contextmanager
    def _staged(self, rows: pl.LazyFrame) -> Iterator[Staged]:
        pack, before = self.pack, self.tables.look(self.pack.table)
        frame = _as_batch(pack, rows, before)
        schema = nw.from_native(frame).collect_schema()
        stored = nw.Schema.from_polars(before.schema) if before else None
        view = View(schema, self.now, pack.timezone, before=stored, delivered=schema)
        staging = self.tables.staging(states_of(pack.table), f"trial-{self.write_id}")
        parts = before.handle.metadata().partition_columns if before else ()
        asked = parting(pack, parts, frame.collect_schema())
        asked = keyed(asked, self.upsert) if self.upsert else asked
        try:
            plan, seen = stage(frame, _of_rows(asked), staging, (), view)
            around = Around(self._there(before, staging), _references(self.tables, pack))
            yield measure(staging, (), plan, seen, around)
        finally:
            staging.remove()

    def _there(self, before: Snapshot | None, staging: Staging) -> Staying:
        if before is None:
            return NoRows()
        if self.upsert is None:
            return AllRows(before, staging)
        return _OtherKeys(before, staging, (), self.upsert, self.now, NO_KEYS)


class _OtherKeys(OtherKeys):
    """The stored rows as a merge would leave them."""

    def settle(self) -> None:
        """Write none of them anew: nothing of a trial is committed."""


def own(rows: pl.LazyFrame) -> list[str]:
    """Return the columns that the rows had when they came."""
    return [name for name in rows.collect_schema() if not name.startswith(OURS)]


def _as_batch(pack: Pack, rows: pl.LazyFrame, before: Snapshot | None) -> pl.LazyFrame:
    # The row's number goes along; the gate itself refuses what the contract does not want.
    contract = replace(pack.contract, on_extra=OnExtra.KEEP)
    frame = keep_contract(pack.table, contract, rows.select(*own(rows), ROW))
    return fit(pack.table, frame, before.delta_schema, Evolution.ANY) if before else frame


def _of_rows(pack: Pack) -> Pack:
    """Return the pack with the rules that may refuse a row, whatever else they may do."""
    rules = tuple(
        replace(rule, on_fail=OnFail.QUARANTINE)
        for rule in pack.rules
        if rule.kind in {Kind.ROW, Kind.SET} and rule.on_fail is not OnFail.KEEP
    )
    return replace(pack, rules=rules)


def _references(tables: DeltaTables, pack: Pack) -> Mapping[str, pl.LazyFrame]:
    names = {rule.reference.table for rule in pack.rules if rule.reference}
    there = {name: tables.look(name) for name in names}
    return {name: snapshot.scan() for name, snapshot in there.items() if snapshot}
