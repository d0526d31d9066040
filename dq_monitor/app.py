"""Wires the parts together: the only place that chooses concrete ones."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import Protocol, TypeAlias

import polars as pl
from sqlalchemy import Engine

from dq_monitor.errors import DqmError, UsageError
from dq_monitor.gate import Gate, Outcome, Write
from dq_monitor.gate.digest import digest_of
from dq_monitor.gate.outcome import broken
from dq_monitor.model.event import Origin, StepStarted
from dq_monitor.model.pack import Pack
from dq_monitor.model.sender import require_key, require_zone
from dq_monitor.model.table import Upsert, WriteMode
from dq_monitor.packs import load_packs
from dq_monitor.ports import Leases
from dq_monitor.registry import suggest
from dq_monitor.settings import Settings, load_settings
from dq_monitor.states.memory import FOLDER, Memory
from dq_monitor.store import Store, open_store
from dq_monitor.store.leases import PostgresLeases
from dq_monitor.tables.delta import DeltaTables
from dq_monitor.tables.lease import FileLeases
from dq_monitor.tables.warehouse import open_tables

WRITES = uuid.uuid5(uuid.NAMESPACE_URL, "dq-monitor/write")


class ArrowStream(Protocol):
    """A frame of another library (pyarrow, pandas, DuckDB): anything with the Arrow interface."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Return the rows as an Arrow C stream."""
        ...


Batch: TypeAlias = pl.LazyFrame | pl.DataFrame | ArrowStream


@dataclass(frozen=True)
class App:
    """Everything that is running in this process."""

    settings: Settings
    store: Store
    packs: Mapping[str, Pack]
    tables: DeltaTables

    @cached_property
    def gate(self) -> Gate:
        """Return the gate over all guarded tables."""
        return Gate(
            tables=self.tables,
            packs=self.packs,
            log=self.store.log,
            history=self.store.history,
            memory=self.memory,
        )

    @cached_property
    def memory(self) -> Memory:
        """Return what is kept of files that were checked before."""
        return memory_of(self.settings, self.store)

    def write(
        self,
        batch: Batch,
        table: str,
        *,
        mode: WriteMode | str = WriteMode.APPEND,
        upsert: Upsert | None = None,
        key: str | None = None,
        day: date | None = None,
        now: datetime | None = None,
        digest: str = "",
    ) -> Outcome:
        """Write a batch to a guarded table; see `write`."""
        self.gate.pack(table)  # an unknown table is a mistake of the caller, not an event
        frame, how = _frame(batch), _mode(mode)
        at = now or datetime.now(UTC)
        require_zone(at)
        if key is not None:
            require_key(key)
        content = _digest(frame, key, digest)
        write_id = str(uuid.uuid5(WRITES, f"{table}:{key}")) if key else str(uuid.uuid4())
        run_id = str(uuid.uuid5(WRITES, f"{write_id}:{at.isoformat()}"))
        origin = Origin(
            job=f"write.{table}", run_id=run_id, output=self.tables.dataset(table), day=day
        )
        known = self.gate.settled(write_id)
        if known is None:
            self.store.log.append(StepStarted(origin, at))
        try:
            return self.gate.write(
                Write(
                    table=table,
                    frame=frame.lazy(),
                    write_id=write_id,
                    origin=origin,
                    now=at,
                    mode=how,
                    upsert=upsert,
                    key=key or "",
                    digest=content,
                )
            )
        except DqmError as error:
            self.store.log.append(broken(origin, table, at, error))
            raise

    def close(self) -> None:
        """Close the store."""
        self.store.close()


def open_app(settings: Settings) -> App:
    """Open the store, load the packs and settle what an earlier process left half done."""
    packs = load_packs(settings.rules)
    tables = open_tables(settings)
    store = open_store(settings.store)
    app = App(settings, store, packs, tables.leased(_leases(store.engine)))
    app.gate.recover(datetime.now(UTC))
    return app


def _leases(engine: Engine) -> Leases:
    """Return what all processes on this store share: its server, or the disk that it lies on."""
    if engine.dialect.name == "postgresql":
        return PostgresLeases(engine)
    return FileLeases(Path(engine.url.database or "store.db").with_name("leases"))


def memory_of(settings: Settings, store: Store) -> Memory:
    """Return what is kept of files that were checked before: in the store, and in `home`."""
    return Memory(store.states, settings.home.resolve() / FOLDER)


def write(
    batch: Batch,
    table: str,
    *,
    mode: WriteMode | str = WriteMode.APPEND,
    upsert: Upsert | None = None,
    key: str | None = None,
    day: date | None = None,
    now: datetime | None = None,
    digest: str = "",
) -> Outcome:
    """Write a batch to a guarded table: audited before it commits, bad rows to quarantine.

    `mode` is append, overwrite, replace_partitions or merge; a merge goes by the keys of `upsert`:
    `Upsert(("trip_id",))`. `key` names the batch: the same key twice changes nothing, so give one
    whenever the call may be repeated (a file's name, a day); without it every call is a new batch.
    The same key with other rows raises BatchChanged; a lazy frame's rows are not looked at for
    that, so give a `digest` of your own for it. `day` is the day whose data this is, for the metric
    history. `now` is the time, with its zone, by which the rules judge: if not given, now. Raises
    PackMissing, ContractBroken, TypeUnsupported; a batch that fails its rules is not an error but
    an outcome.
    """
    app = open_app(load_settings())
    try:
        return app.write(
            batch, table, mode=mode, upsert=upsert, key=key, day=day, now=now, digest=digest
        )
    finally:
        app.close()


def _frame(batch: Batch) -> pl.LazyFrame | pl.DataFrame:
    """Take what Polars can take: its own frames, Arrow, pandas, anything with an Arrow stream."""
    if isinstance(batch, pl.LazyFrame):
        return batch
    try:
        return pl.DataFrame(batch)
    except (TypeError, ValueError) as error:
        raise UsageError(
            f"a batch of type {type(batch).__name__}", fix="give a Polars, Arrow or pandas frame"
        ) from error


def _digest(frame: pl.LazyFrame | pl.DataFrame, key: str | None, given: str) -> str:
    """Return what the batch is known by if its key comes again; a lazy frame is never read."""
    if given and not key:
        raise UsageError("a digest without a key", fix="give the key that names the batch")
    if given:
        return f"given:{given}"
    return digest_of(frame) if key and isinstance(frame, pl.DataFrame) else ""


def _mode(mode: WriteMode | str) -> WriteMode:
    try:
        return WriteMode(mode)
    except ValueError as error:
        raise UsageError(f"mode {mode!r}", fix=suggest(str(mode), WriteMode)) from error
