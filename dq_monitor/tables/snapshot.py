"""One version of a Delta table, opened once: what is in it, and which writes made it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl
from deltalake import DeltaTable
from deltalake import Schema as DeltaSchema
from deltalake.exceptions import DeltaError
from deltalake.fs import DeltaStorageHandler
from pyarrow import fs as arrow_fs

from dq_monitor.errors import TableUnreadable
from dq_monitor.model.view import Files
from dq_monitor.storage import bounded, bounded_reads, is_remote
from dq_monitor.tables.additions import additions
from dq_monitor.tables.ancestry import line, parents
from dq_monitor.tables.staging import KEPT, folder_of, partition_text
from dq_monitor.tables.unwritable import unreadable

WRITE_ID = "dq.write_id"
RECENT = 20  # commits to look through before the whole history is read
# A write's own transaction: it was committed, or a rollback has undone it.
COMMITTED, UNDONE = 1, 0


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of a table: its path as on disk, and the partition it belongs to.

    `modified` is when it was added (ms), `rows` how many it holds, None where the log does not say.
    """

    path: str
    size: int
    partition: Mapping[str, object]
    modified: int = 0
    rows: int | None = None

    @property
    def key(self) -> dict[str, str | None]:
        """Return the partition as the Delta log spells it."""
        return {name: partition_text(value) for name, value in self.partition.items()}


@dataclass(frozen=True)
class Snapshot:
    """A table as of one version. Opening costs milliseconds, so one is passed around."""

    handle: DeltaTable
    uri: str
    storage_options: Mapping[str, str] = field(repr=False)

    @property
    def version(self) -> int:
        """Return the version."""
        return self.handle.version()

    def renewed(self) -> Snapshot | None:
        """Return the table as it is now through the same handle.

        Whoever holds on to this snapshot finds it changed. None where the newest commit is not to
        be found any more: the table was taken away or put back, and has to be opened anew.
        """
        try:
            self.handle.update_incremental()
            newest = next(iter(self.handle.history(1)), {})
        except (DeltaError, OSError):
            return None
        if newest.get("version") != self.handle.version():
            return None
        now = Snapshot(self.handle, self.uri, self.storage_options)
        now.strangers.update(self.strangers)
        return now

    @cached_property
    def strangers(self) -> set[tuple[int, str]]:
        """Return which writes were asked for and not found, with the version they are not in."""
        return set()

    @cached_property
    def delta_schema(self) -> DeltaSchema:
        """Return the columns in Delta's words."""
        return self.handle.schema()

    @cached_property
    def schema(self) -> pl.Schema:
        """Return the columns in Polars' words."""
        return pl.Schema(self.delta_schema.to_arrow())

    @property
    def _reading(self) -> dict[str, str | int] | None:
        return bounded_reads(self.storage_options) if is_remote(self.uri) else None

    @property
    def required(self) -> frozenset[str]:
        """Return the columns that may hold no null."""
        return frozenset(f.name for f in self.delta_schema.fields if not f.nullable)

    def scan(self) -> pl.LazyFrame:
        """Return all rows, lazily."""
        return pl.scan_delta(self.handle, storage_options=self._reading)

    def scan_write(self, write_id: str) -> pl.LazyFrame:
        """Return the rows that one write added and that are still in its own files."""
        prefix = f"{folder_of(write_id)}/{KEPT}/"
        files = [file for file in self.files() if file.path.startswith(prefix)]
        if not {file.path for file in files} <= self._there(prefix):
            raise TableUnreadable(
                f"{self.uri}: a vacuum has removed the files of write {write_id}",
                fix="read the whole table, and give the pack's care a longer vacuum.keep",
            )
        return self.scan_files(files)

    def _there(self, folder: str) -> set[str]:
        """Return the paths of the files that lie below a folder of the table."""
        if not is_remote(self.uri):
            root = Path(self.uri)
            return {one.relative_to(root).as_posix() for one in (root / folder).rglob("*")}
        store = arrow_fs.PyFileSystem(DeltaStorageHandler(self.uri, bounded(self.storage_options)))
        below = arrow_fs.FileSelector(folder.rstrip("/"), recursive=True, allow_not_found=True)
        with unreadable(self.uri):
            return {one.path for one in store.get_file_info(below)}

    def scan_files(self, files: Sequence[StoredFile], name_as: str = "") -> pl.LazyFrame:
        """Return the rows of some files; `name_as` adds a column that says which file's."""
        frames = [self.scan_file(file) for file in files] or [pl.LazyFrame(schema=self.schema)]
        if not name_as:
            return pl.concat(frames)
        names = [file.path for file in files] or [""]
        named = [
            f.with_columns(pl.lit(n).alias(name_as)) for f, n in zip(frames, names, strict=True)
        ]
        return pl.concat(named)

    def files(self) -> Sequence[StoredFile]:
        """Return the files that make up this version."""
        keys = self.handle.metadata().partition_columns
        return [
            StoredFile(
                row["path"],
                row["size_bytes"],
                {key: row[f"partition.{key}"] for key in keys},
                row["modification_time"],
                row.get("num_records"),
            )
            for row in additions(self.handle).iter_rows(named=True)
        ]

    def files_within(self, ranges: Mapping[str, tuple[Any, Any]]) -> list[StoredFile]:
        """Return the files that may hold a value within all `ranges` (low, high), by statistics.

        Only of numbers and dates does the log know exact bounds; nothing is within an empty range.
        """
        if any(low is None for low, _ in ranges.values()):
            return []
        actions = additions(self.handle)
        apart = [
            (pl.col(f"max.{name}") < low) | (pl.col(f"min.{name}") > high)
            for name, (low, high) in ranges.items()
            if {f"min.{name}", f"max.{name}"} <= set(actions.columns)
            and (self.schema[name].is_integer() or self.schema[name] == pl.Date)
        ]
        near = actions.select(
            "path", ~pl.any_horizontal(pl.lit(value=False), *apart).fill_null(value=False)
        )
        is_near = dict(near.iter_rows())
        return [file for file in self.files() if is_near[file.path]]

    def sizes(self) -> Files:
        """Return how large the files of this version are, as the log has it."""
        return Files(tuple(additions(self.handle)["size_bytes"].to_list()))

    def entry(self, write_id: str) -> Mapping[str, object] | None:
        """Return what the log keeps of a write: `version` and the gate's metadata; None if new.

        The newest commits are looked through first, the whole history only if it must be.
        """
        stranger = (self.version, write_id)
        if stranger in self.strangers:
            return None
        if self.handle.transaction_version(app_id(write_id)) is None:
            self.strangers.add(stranger)
            return None
        return self.told(write_id)

    def told(self, write_id: str) -> Mapping[str, object]:
        """Return the log's entry of a write that is in the table for certain.

        After a commit through this very handle the app transactions cannot be asked: delta-rs has
        them as of before, where the commit came after another writer's.
        """
        for limit in (RECENT, None):
            for entry in self.log(limit):
                if entry.get(WRITE_ID) == write_id:
                    return entry
        raise TableUnreadable(
            f"{self.uri}: write {write_id} is in the table, its commit is no longer in the log",
            fix="keep delta.logRetentionDuration longer than the replay window",
        )

    def log(self, limit: int | None = None) -> Sequence[Mapping[str, Any]]:
        """Return the log's entries, newest first: the last `limit` of this version, or all.

        Entries of versions that came since are among them. delta-rs 1.6 lists these too but counts
        down from the handle's own version, so that each `version` is too low: it is set right here.
        """
        entries = self.handle.history(limit)
        own = min(limit or self.version + 1, self.version + 1)
        newest = self.version + max(0, len(entries) - own)
        return [{**entry, "version": newest - n} for n, entry in enumerate(entries)]

    def just_committed(self, write_id: str) -> int | None:
        """Return the version that the write made right after this one; None if others came first.

        The commit's own file is read: renewing the handle would replay it, and cost ten times that.
        """
        version = self.version + 1
        try:
            with DeltaStorageHandler(self.uri, dict(self.storage_options)).open_input_file(
                f"_delta_log/{version:020d}.json"
            ) as file:
                actions = [json.loads(line) for line in file.read(file.size()).splitlines()]
        except OSError:
            return None
        told = [action["commitInfo"] for action in actions if "commitInfo" in action]
        return version if any(info.get(WRITE_ID) == write_id for info in told) else None

    def committed(self, write_id: str) -> int | None:
        """Return the version that a write made; None when it is not in the table."""
        entry = self.entry(write_id)
        return None if entry is None else int(str(entry["version"]))

    def is_undone(self, write_id: str, version: int | None) -> bool:
        """Say whether a write, committed as `version`, was taken back: by us or by whomever.

        The log tells: others restore without a word in the write's own transaction. That one is
        asked only where the log has a gap.
        """
        if version is not None and version < self.version:
            known = parents(self.log(self.version - version + 1))
            *_, oldest = line(self.version, {n: known[n] for n in known if n > version})
            if known[oldest] <= version:
                return known[oldest] < version
        return self._says_undone(write_id)

    def undone(self, write_ids: Sequence[str]) -> list[str]:
        """Return those of some writes that were taken back; costs one read of the log."""
        if not write_ids:
            return []
        log = self.log()
        made = {str(e[WRITE_ID]): int(str(e["version"])) for e in log if e.get(WRITE_ID)}
        counted = set(line(self.version, parents(log)))
        return [
            one
            for one in write_ids
            if (made[one] not in counted if one in made else self._says_undone(one))
        ]

    def _says_undone(self, write_id: str) -> bool:
        return self.handle.transaction_version(app_id(write_id)) == UNDONE

    def scan_file(self, file: StoredFile) -> pl.LazyFrame:
        """Return the rows of one file."""
        stored = pl.Schema({n: t for n, t in self.schema.items() if n not in file.partition})
        rows = pl.scan_parquet(
            f"{self.uri}/{file.path}",
            schema=stored,
            storage_options=self._reading,
            hive_partitioning=False,
            glob=False,
            missing_columns="insert",
        )
        keys = [pl.lit(v, self.schema[n]).alias(n) for n, v in file.partition.items()]
        return rows.with_columns(keys).select(list(self.schema))


def app_id(write_id: str) -> str:
    """Return the transaction's name: one a batch, since one growing number loses late batches."""
    return f"dq:{write_id}"
