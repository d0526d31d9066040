"""Guarded tables in Delta Lake: where they lie, how they are read, how a write is committed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import polars as pl
from deltalake import CommitProperties, DeltaTable, Transaction
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError
from deltalake.transaction import AddAction, RemoveAction
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from dq_monitor.errors import CommitContended, TableMissing, TableUnreadable
from dq_monitor.failpoints import Failpoint, failpoint
from dq_monitor.model.care import CHECKPOINT_EVERY
from dq_monitor.model.event import Dataset
from dq_monitor.model.pack import Evolution
from dq_monitor.model.storage import Storage
from dq_monitor.model.table import WriteMode
from dq_monitor.model.view import Files
from dq_monitor.ports import Leases
from dq_monitor.storage import bounded, is_remote
from dq_monitor.tables.bucket import Bucket
from dq_monitor.tables.folder import Folder
from dq_monitor.tables.lease import FileLeases, NoLeases
from dq_monitor.tables.place import Place
from dq_monitor.tables.snapshot import COMMITTED, WRITE_ID, Snapshot, StoredFile, app_id
from dq_monitor.tables.staging import Staging, add_actions
from dq_monitor.tables.types import delta_schema, reconcile, replacing
from dq_monitor.tables.unwritable import table_unreadable, unreadable, writing

# Longer than any replay: after this Delta forgets which batches it has seen.
REPLAY_WINDOW = "interval 365 days"
# The log must outlive that memory, or a write that is known can no longer say how it ended.
PROPERTIES: Mapping[str, str | None] = {
    "delta.setTransactionRetentionDuration": REPLAY_WINDOW,
    "delta.logRetentionDuration": "interval 400 days",
    "delta.checkpointInterval": str(CHECKPOINT_EVERY),
}
ATTEMPTS = 12
AS_IT_COMES = Storage()


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
    `storage` is how URLs are reached, as `storage_options` gives it.
    """

    def __init__(
        self,
        root: str,
        storage: Mapping[str, str] | None = None,
        clock: Callable[[], datetime] = _system_time,
        leases: Leases | None = None,
    ) -> None:
        self.root = root.rstrip("/")
        self.storage = storage or {}
        self._options = bounded(self.storage) if is_remote(root) else None
        self._clock = clock
        self.leases = leases or _own_leases(self.root)
        self._places: dict[str, Place] = {}

    def leased(self, leases: Leases) -> DeltaTables:
        """Return the same tables for writers; those in a folder have locks in it already."""
        if not is_remote(self.root):
            return self
        return DeltaTables(self.root, self.storage, self._clock, leases)

    def time(self) -> datetime:
        """Return the time of day by which the Delta log remembers."""
        return self._clock()

    def uri(self, table: str) -> str:
        """Return the table's folder or URL."""
        return f"{self.root}/{table.replace('.', '/')}"

    def exists(self, table: str) -> bool:
        """Say whether the table has been written to, or at least created."""
        with unreadable(self.uri(table)):
            return DeltaTable.is_deltatable(self.uri(table), self._options)

    def look(self, table: str, seen: Snapshot | None = None) -> Snapshot | None:
        """Return the table as it is now; None when there is none yet.

        `seen` is a look that nobody needs any longer: it is renewed where that can be done, which
        costs a tenth of an opening.
        """
        now = seen.renewed() if seen else None
        try:
            return now or self.open(table)
        except TableMissing:
            return None

    def open(self, table: str, version: int | None = None) -> Snapshot:
        """Return the table as of `version` or now; raise TableMissing or TableUnreadable."""
        uri = self.uri(table)
        try:
            handle = DeltaTable(uri, version, storage_options=self._options)
        except TableNotFoundError as error:
            raise TableMissing(f"{table} at {uri}", fix="run the step that writes it") from error
        except (DeltaError, OSError) as error:
            raise table_unreadable(f"{table} at {uri}", error) from error
        return Snapshot(handle, uri, self.storage)

    def version(self, table: str) -> int | None:
        """Return the newest version; None when there is no such table."""
        now = self.look(table)
        return now.version if now else None

    def scan(self, table: str, version: int | None = None) -> pl.LazyFrame:
        """Return all rows, lazily, as of `version` or now."""
        return self.open(table, version).scan()

    def scan_write(self, table: str, write_id: str) -> pl.LazyFrame:
        """Return only the rows that one write added, as of the version that it made.

        Reading its own version finds them even after a compaction, for as long as vacuum has left
        the files.
        """
        now = self.open(table)
        version = now.committed(write_id)
        if version is None:
            raise TableUnreadable(
                f"{table}: there is no committed write {write_id}",
                fix="run the step that writes it first",
            )
        made = now if version == now.version else self.open(table, version)
        return made.scan_write(write_id)

    def dataset(self, table: str) -> Dataset:
        """Return the table as lineage names it, at its version now."""
        return dataset_at(self.uri(table), table, "delta", self.version(table))

    def staging(self, table: str, write_id: str, storage: Storage = AS_IT_COMES) -> Staging:
        """Return the folder in which one write collects its files, written as `storage` says."""
        return Staging(self.place(table), write_id, storage)

    def commit(self, table: str, commit: Commit, seen: Snapshot | None = None) -> int:
        """Make the write's staged files visible, once; return the version that holds them.

        Safe to call again after a crash: the transaction in the Delta log tells. The order is what
        was measured to work: create first, a fresh handle, look, commit through that same handle.
        `seen` is a look that nobody needs any longer: renewed, it is such a handle.
        """
        # An owner that was taken for dead must not commit beside the one that goes on.
        self.leases.confirm(commit.write_id)
        looked = [] if seen is None else [seen]
        retrying = Retrying(
            retry=retry_if_exception_type(CommitFailedError),
            wait=wait_random_exponential(multiplier=0.05, max=2),
            stop=stop_after_attempt(ATTEMPTS),
            reraise=True,
        )
        try:
            with writing(self.uri(table)):
                return retrying(self._commit_once, table, commit, looked)
        except CommitFailedError as error:
            raise CommitContended(
                f"{table}: gave up after {ATTEMPTS} attempts", fix="send the batch again"
            ) from error

    def lease(self, write_id: str) -> AbstractContextManager[None]:
        """Hold one write for this thread; the system frees it when the process dies.

        Another with the same write id waits, and then finds it settled.
        """
        return self.leases.hold(write_id)

    def lease_if_free(self, write_id: str) -> AbstractContextManager[bool]:
        """Try to hold a write; gives whether its owner is gone."""
        return self.leases.hold_if_free(write_id)

    def place(self, table: str) -> Place:
        """Return where the files of a table lie."""
        if table not in self._places:
            uri = self.uri(table)
            self._places[table] = Bucket(uri, self.storage) if is_remote(uri) else Folder(uri)
        return self._places[table]

    def _created(self, table: str, commit: Commit) -> Snapshot:
        """Create the table unless another writer just did; return it as it is now."""
        staging = self.staging(table, commit.write_id)
        DeltaTable.create(
            self.uri(table),
            delta_schema(staging.schema(), staging.required()),
            mode="ignore",
            partition_by=list(commit.partition_by) or None,
            configuration=PROPERTIES,
            storage_options=self._options,
        )
        return self.open(table)

    def _commit_once(self, table: str, commit: Commit, looked: list[Snapshot]) -> int:
        # A look is used up by the attempt it serves: the next one opens the table.
        now = self.look(table, looked.pop() if looked else None)
        if now is None:
            now = self._created(table, commit)
            failpoint(Failpoint.TABLE_CREATED)
        before = now.committed(commit.write_id)
        if before is not None:
            return before
        _require_base(table, now, commit.base)
        staging = self.staging(table, commit.write_id)
        come, replaced = staging.schema(), commit.mode is WriteMode.OVERWRITE
        added = reconcile(table, now.delta_schema, come, Evolution.ADDITIVE, replaced=replaced)
        if added:
            now.handle.alter.add_columns(list(added))
            failpoint(Failpoint.COLUMNS_ADDED)
            now = self.open(table)
            # The new columns are a version of their own; a further one came from somebody else.
            _require_base(table, now, None if commit.base is None else commit.base + 1)
        return self._transact(now, commit, staging)

    def _transact(self, now: Snapshot, commit: Commit, staging: Staging) -> int:
        at = int(self.time().timestamp() * 1000)
        adds = add_actions(staging, at)
        overwrites = commit.mode is WriteMode.OVERWRITE
        now.handle.create_write_transaction(
            [*adds, *_removed(now, commit, staging, adds, at)],
            "overwrite" if overwrites else "append",
            replacing(now.delta_schema, staging.schema()) if overwrites else now.delta_schema,
            partition_by=list(commit.partition_by) or None,
            commit_properties=CommitProperties(
                custom_metadata={
                    WRITE_ID: commit.write_id,
                    "dq.mode": commit.mode.value,
                    **(commit.metadata or {}),
                },
                app_transactions=[Transaction(app_id(commit.write_id), COMMITTED, at)],
                max_commit_retries=None if _commutes(commit) else 0,
            ),
        )
        failpoint(Failpoint.TRANSACTED)
        made = now.just_committed(commit.write_id)
        if made is not None:
            return made
        now.handle.update_incremental()
        return int(str(now.told(commit.write_id)["version"]))


def _own_leases(root: str) -> Leases:
    return NoLeases(root) if is_remote(root) else FileLeases(Path(root) / "_locks")


def _require_base(table: str, now: Snapshot, base: int | None) -> None:
    if base is not None and now.version != base:
        raise CommitContended(
            f"{table}: version {now.version} came while the batch was judged"
            f" against version {base}",
            fix="send the batch again",
        )


def files_at(path: str, storage: Mapping[str, str], version: int | None = None) -> Files | None:
    """Return the files of the Delta table at a path or URL; None where there is none to be read."""
    options = bounded(storage) if is_remote(path) else None
    try:
        return Snapshot(DeltaTable(path, version, storage_options=options), path, {}).sizes()
    except (DeltaError, OSError):
        return None


def dataset_at(uri: str, name: str, kind: str, version: int | None = None) -> Dataset:
    """Return the OpenLineage identity of what lies at a path or URL."""
    parts = urlsplit(uri)
    if parts.scheme in {"", "file"}:
        return Dataset(name, "file", str(Path(parts.path or uri).resolve()), kind, version)
    scheme = {"s3a": "s3"}.get(parts.scheme, parts.scheme)  # as OpenLineage names what s3a reads
    return Dataset(name, f"{scheme}://{parts.netloc}", parts.path.lstrip("/"), kind, version)


def _commutes(commit: Commit) -> bool:
    """Say whether a commit means the same after one that came meanwhile.

    delta-rs lets an overwrite go in beside rows that were appended since its handle was opened:
    they would stay, in a table that the verdict says holds the batch alone.
    """
    return commit.mode is WriteMode.APPEND and commit.base is None


def _removed(
    now: Snapshot, commit: Commit, staging: Staging, adds: Sequence[AddAction], at: int
) -> list[RemoveAction]:
    """Return the files that a merge has written anew, or those in partitions that are replaced.

    An overwrite needs no list: Delta takes away everything by itself.
    """
    if commit.mode in {WriteMode.APPEND, WriteMode.OVERWRITE}:
        return []
    touched = [dict(add.partition_values) for add in adds]
    replaced = staging.replaced().files

    def leaves(file: StoredFile) -> bool:
        if commit.mode is WriteMode.REPLACE_PARTITIONS:
            return file.key in touched
        return commit.mode is WriteMode.MERGE and file.path in replaced

    return [
        RemoveAction(file.path, True, at, file.size, file.key)  # noqa: FBT003 - Rust
        for file in now.files()
        if leaves(file)
    ]
