"""Guarded tables in Delta Lake: where they lie, how they are read, how a write is committed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

import fasteners
import polars as pl
from deltalake import CommitProperties, DeltaTable, Transaction
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError
from deltalake.transaction import AddAction, RemoveAction
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from dq_monitor.errors import CommitContended, TableUnreadable
from dq_monitor.model.event import Dataset
from dq_monitor.model.pack import Evolution
from dq_monitor.model.table import WriteMode
from dq_monitor.tables.staging import Staging, add_actions, partition_text
from dq_monitor.tables.types import conform, delta_schema, reconcile

WRITE_ID = "dq.write_id"
# Longer than any replay: after this Delta forgets which batches it has seen.
REPLAY_WINDOW = "interval 365 days"
ATTEMPTS = 12
RECENT = 20  # commits to look through before the whole history is read


def _system_time() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Commit:
    """What goes with the staged files into the Delta log.

    `base` is the version that the batch was judged against, where its verdict depends on one.
    """

    write_id: str
    mode: WriteMode
    partition_by: tuple[str, ...] = ()
    metadata: Mapping[str, str] | None = None
    base: int | None = None


class DeltaTables:
    """All tables under one root: `silver.flights` lies in `<root>/silver/flights`.

    `clock` gives the time of day for the Delta log. A replayed delivery is judged at its own time,
    but vacuum and the memory of past write ids must count from when the files were really written.
    """

    def __init__(
        self,
        root: str,
        storage_options: Mapping[str, str] | None = None,
        clock: Callable[[], datetime] = _system_time,
    ) -> None:
        self.root = root.rstrip("/")
        self._options = dict(storage_options or {})
        self._clock = clock

    def uri(self, table: str) -> str:
        """Return the table's folder or URL."""
        return f"{self.root}/{table.replace('.', '/')}"

    def exists(self, table: str) -> bool:
        """Say whether the table has been written to, or at least created."""
        return DeltaTable.is_deltatable(self.uri(table), self._options)

    def version(self, table: str) -> int | None:
        """Return the newest version; None when there is no such table."""
        return self.open(table).version() if self.exists(table) else None

    def open(self, table: str, version: int | None = None) -> DeltaTable:
        """Return a fresh handle; raise TableUnreadable when there is none to be had."""
        try:
            return DeltaTable(self.uri(table), version, storage_options=self._options)
        except TableNotFoundError as error:
            raise TableUnreadable(
                f"{table}: there is no Delta table at {self.uri(table)}",
                fix="run the step that writes it first",
            ) from error
        except (DeltaError, OSError) as error:
            detail = str(error).splitlines()[0]
            raise TableUnreadable(f"{table} at {self.uri(table)}: {detail}") from error

    def scan(self, table: str, version: int | None = None) -> pl.LazyFrame:
        """Return all rows, lazily, as of `version` or now."""
        return pl.scan_delta(self.open(table, version))

    def scan_write(self, table: str, write_id: str) -> pl.LazyFrame:
        """Return only the rows that one write added, as of the version that it made.

        The files of a write have its id in their path. Reading its own version finds them even
        after a compaction, for as long as vacuum has left them.
        """
        version = self.committed(table, write_id)
        if version is None:
            raise TableUnreadable(
                f"{table}: there is no committed write {write_id}",
                fix="run the step that writes it first",
            )
        handle = self.open(table, version)
        schema = pl.Schema(handle.schema().to_arrow())
        prefix = f"{staging_name(write_id)}/"
        files = [file for file in _active(handle) if file.path.startswith(prefix)]
        frames = [self._scan_file(table, file, schema) for file in files]
        return pl.concat(frames) if frames else pl.LazyFrame(schema=schema)

    def dataset(self, table: str) -> Dataset:
        """Return the table as lineage names it, at its version now."""
        return dataset_at(self.uri(table), table, "delta", self.version(table))

    def staging(self, table: str, write_id: str) -> Staging:
        """Return the folder in which one write collects its files."""
        return Staging(Path(self.uri(table)), write_id)

    def fit(self, table: str, frame: pl.LazyFrame, evolution: Evolution) -> pl.LazyFrame:
        """Return the batch in the table's own column order; raise ContractBroken if it cannot go.

        Columns that the batch adds come last; `commit` brings them into the table.
        """
        if not self.exists(table):
            return frame
        stored = self.open(table).schema()
        reconcile(table, stored, frame.collect_schema(), evolution)
        return conform(frame, stored)

    def commit(self, table: str, commit: Commit) -> int:
        """Make the write's staged files visible, once; return the version that holds them.

        Safe to call again after a crash: the transaction in the Delta log tells. The order is what
        was measured to work: create first, a fresh handle, look, commit through that same handle.
        """
        before = self.committed(table, commit.write_id)
        if before is not None:
            return before
        schema = self.staging(table, commit.write_id).schema()
        DeltaTable.create(
            self.uri(table),
            delta_schema(schema),
            mode="ignore",
            partition_by=list(commit.partition_by) or None,
            configuration={"delta.setTransactionRetentionDuration": REPLAY_WINDOW},
            storage_options=self._options,
        )
        retrying = Retrying(
            retry=retry_if_exception_type(CommitFailedError),
            wait=wait_random_exponential(multiplier=0.05, max=2),
            stop=stop_after_attempt(ATTEMPTS),
            reraise=True,
        )
        try:
            return retrying(self._commit_once, table, schema, commit)
        except CommitFailedError as error:
            raise CommitContended(
                f"{table}: gave up after {ATTEMPTS} attempts", fix="send the batch again"
            ) from error

    def committed(self, table: str, write_id: str) -> int | None:
        """Return the version that holds a write, from the Delta log alone; None if it has none."""
        entry = self.entry(table, write_id)
        return None if entry is None else int(str(entry["version"]))

    def entry(self, table: str, write_id: str) -> Mapping[str, object] | None:
        """Return what the Delta log keeps of a write: its version and the gate's metadata."""
        return _entry(self.open(table), write_id) if self.exists(table) else None

    @contextmanager
    def lease(self, write_id: str) -> Iterator[None]:
        """Hold one write for this process; the system frees it when the process dies.

        A second process with the same write id waits, and then finds it settled.
        """
        lock = fasteners.InterProcessLock(self._lock_file(write_id))
        with lock:
            yield

    @contextmanager
    def lease_if_free(self, write_id: str) -> Iterator[bool]:
        """Try to hold a write; yields whether its owner is gone."""
        lock = fasteners.InterProcessLock(self._lock_file(write_id))
        free = lock.acquire(blocking=False)
        try:
            yield free
        finally:
            if free:
                lock.release()

    def _lock_file(self, write_id: str) -> Path:
        folder = Path(self.root) / "_locks"
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{write_id}.lock"

    def _commit_once(self, table: str, schema: pl.Schema, commit: Commit) -> int:
        handle = self.open(table)
        before = _entry(handle, commit.write_id)
        if before is not None:
            return int(str(before["version"]))
        if commit.base is not None and handle.version() != commit.base:
            raise CommitContended(
                f"{table}: version {handle.version()} came while the batch was judged"
                f" against version {commit.base}",
                fix="send the batch again",
            )
        added = reconcile(table, handle.schema(), schema, Evolution.ADDITIVE)
        if added:
            handle.alter.add_columns(list(added))
            handle = self.open(table)
        at = int(self._clock().timestamp() * 1000)
        adds = add_actions(self.staging(table, commit.write_id), at)
        handle.create_write_transaction(
            [*adds, *_removed(handle, commit, adds, at)],
            "append",
            handle.schema(),
            partition_by=list(commit.partition_by) or None,
            commit_properties=CommitProperties(
                custom_metadata={WRITE_ID: commit.write_id, **(commit.metadata or {})},
                app_transactions=[Transaction(app_id(commit.write_id), 1, at)],
                max_commit_retries=0 if commit.base is not None else None,
            ),
        )
        handle.update_incremental()
        made = _entry(handle, commit.write_id)
        return int(str(made["version"])) if made else handle.version()

    def _scan_file(self, table: str, file: _File, schema: pl.Schema) -> pl.LazyFrame:
        stored = pl.Schema({n: t for n, t in schema.items() if n not in file.partition})
        rows = pl.scan_parquet(
            f"{self.uri(table)}/{file.path}",
            schema=stored,
            storage_options=self._options or None,
            hive_partitioning=False,
            glob=False,
            missing_columns="insert",
        )
        keys = [pl.lit(v, schema[n]).alias(n) for n, v in file.partition.items()]
        return rows.with_columns(keys).select(list(schema))


def app_id(write_id: str) -> str:
    """Return the transaction's name: one a batch, since one growing number loses late batches."""
    return f"dq:{write_id}"


def staging_name(write_id: str) -> str:
    """Return the name of a write's staging folder."""
    return Staging(Path(), write_id).folder.name


def dataset_at(uri: str, name: str, kind: str, version: int | None = None) -> Dataset:
    """Return the OpenLineage identity of what lies at a path or URL."""
    parts = urlsplit(uri)
    if parts.scheme in {"", "file"}:
        return Dataset(name, "file", str(Path(parts.path or uri).resolve()), kind, version)
    return Dataset(name, f"{parts.scheme}://{parts.netloc}", parts.path.lstrip("/"), kind, version)


@dataclass(frozen=True, slots=True)
class _File:
    """A file of a table: its path as on disk, and the partition it belongs to."""

    path: str
    size: int
    partition: Mapping[str, object]

    @property
    def key(self) -> dict[str, str | None]:
        """Return the partition as the Delta log spells it."""
        return {name: partition_text(value) for name, value in self.partition.items()}


def _active(handle: DeltaTable) -> list[_File]:
    actions = pl.DataFrame(handle.get_add_actions(flatten=True))
    keys = handle.metadata().partition_columns
    return [
        _File(
            unquote(row["path"]),
            row["size_bytes"],
            {key: row[f"partition.{key}"] for key in keys},
        )
        for row in actions.iter_rows(named=True)
    ]


def _removed(
    handle: DeltaTable, commit: Commit, adds: Sequence[AddAction], at: int
) -> list[RemoveAction]:
    """Return what an overwrite takes away: everything, or the partitions that the batch fills."""
    if commit.mode is WriteMode.APPEND:
        return []
    touched = [dict(add.partition_values) for add in adds]
    return [
        RemoveAction(file.path, True, at, file.size, file.key)  # noqa: FBT003 - Rust
        for file in _active(handle)
        if commit.mode is WriteMode.OVERWRITE or file.key in touched
    ]


def _entry(handle: DeltaTable, write_id: str) -> Mapping[str, object] | None:
    """Return the commit of a write; its newest entry tells, the whole history only if it must."""
    if handle.transaction_version(app_id(write_id)) is None:
        return None
    for limit in (RECENT, None):
        for entry in handle.history(limit):
            if entry.get(WRITE_ID) == write_id:
                return dict(entry)
    raise TableUnreadable(
        f"{handle.table_uri}: write {write_id} is in the table, its commit is no longer in the log",
        fix="keep delta.logRetentionDuration longer than the replay window",
    )
