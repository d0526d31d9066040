"""One version of a Delta table, opened once: what is in it, and which writes made it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote

import polars as pl
from deltalake import DeltaTable
from deltalake import Schema as DeltaSchema
from deltalake.exceptions import DeltaError
from deltalake.fs import DeltaStorageHandler

from dq_monitor.errors import TableUnreadable
from dq_monitor.model.check import Files
from dq_monitor.tables.staging import Staging, partition_text

WRITE_ID = "dq.write_id"
RECENT = 20  # commits to look through before the whole history is read


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of a table: its path as on disk, and the partition it belongs to."""

    path: str
    size: int
    partition: Mapping[str, object]

    @property
    def key(self) -> dict[str, str | None]:
        """Return the partition as the Delta log spells it."""
        return {name: partition_text(value) for name, value in self.partition.items()}


@dataclass(frozen=True)
class Snapshot:
    """A table as of one version. Opening costs milliseconds, so one is passed around."""

    handle: DeltaTable
    uri: str
    storage_options: Mapping[str, str]

    @property
    def version(self) -> int:
        """Return the version."""
        return self.handle.version()

    def renewed(self) -> Snapshot | None:
        """Return the table as it is now through the same handle: a tenth of what opening costs.

        Whoever holds on to this snapshot finds it changed. None where the newest commit is not to
        be found any more: the table was taken away or put back, and has to be opened anew.
        """
        try:
            self.handle.update_incremental()
            newest = next(iter(self.handle.history(1)), {})
        except (DeltaError, OSError):
            return None
        there = newest.get("version") == self.handle.version()
        return Snapshot(self.handle, self.uri, self.storage_options) if there else None

    @cached_property
    def delta_schema(self) -> DeltaSchema:
        """Return the columns in Delta's words."""
        return self.handle.schema()

    @cached_property
    def schema(self) -> pl.Schema:
        """Return the columns in Polars' words."""
        return pl.Schema(self.delta_schema.to_arrow())

    def scan(self) -> pl.LazyFrame:
        """Return all rows, lazily."""
        return pl.scan_delta(self.handle)

    def scan_write(self, write_id: str) -> pl.LazyFrame:
        """Return the rows that one write added and that are still in its own files."""
        prefix = f"{Staging(Path(), write_id).folder.name}/"
        files = [file for file in self.files() if file.path.startswith(prefix)]
        frames = [self._scan_file(file) for file in files]
        return pl.concat(frames) if frames else pl.LazyFrame(schema=self.schema)

    def files(self) -> Sequence[StoredFile]:
        """Return the files that make up this version."""
        actions = pl.DataFrame(self.handle.get_add_actions(flatten=True))
        keys = self.handle.metadata().partition_columns
        return [
            StoredFile(
                unquote(row["path"]),
                row["size_bytes"],
                {key: row[f"partition.{key}"] for key in keys},
            )
            for row in actions.iter_rows(named=True)
        ]

    def sizes(self) -> Files:
        """Return how large the files of this version are, as the log has it."""
        actions = pl.DataFrame(self.handle.get_add_actions(flatten=True))
        return Files(tuple(actions["size_bytes"].to_list()))

    def entry(self, write_id: str) -> Mapping[str, object] | None:
        """Return what the log keeps of a write: `version` and the gate's metadata; None if new.

        The newest commits are looked through first, the whole history only if it must be.
        """
        if self.handle.transaction_version(app_id(write_id)) is None:
            return None
        for limit in (RECENT, None):
            for entry in self.handle.history(limit):
                if entry.get(WRITE_ID) == write_id:
                    return dict(entry)
        raise TableUnreadable(
            f"{self.uri}: write {write_id} is in the table, its commit is no longer in the log",
            fix="keep delta.logRetentionDuration longer than the replay window",
        )

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

    def _scan_file(self, file: StoredFile) -> pl.LazyFrame:
        stored = pl.Schema({n: t for n, t in self.schema.items() if n not in file.partition})
        rows = pl.scan_parquet(
            f"{self.uri}/{file.path}",
            schema=stored,
            storage_options=dict(self.storage_options) or None,
            hive_partitioning=False,
            glob=False,
            missing_columns="insert",
        )
        keys = [pl.lit(v, self.schema[n]).alias(n) for n, v in file.partition.items()]
        return rows.with_columns(keys).select(list(self.schema))


def app_id(write_id: str) -> str:
    """Return the transaction's name: one a batch, since one growing number loses late batches."""
    return f"dq:{write_id}"
