"""One version of a Delta table, opened once: what is in it, and which writes made it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import polars as pl
from deltalake import DeltaTable
from deltalake import Schema as DeltaSchema

from dq_monitor.errors import TableUnreadable
from dq_monitor.model.check import Files
from dq_monitor.tables.ancestry import line, parents
from dq_monitor.tables.staging import KEPT, Staging, partition_text

WRITE_ID = "dq.write_id"
RECENT = 20  # commits to look through before the whole history is read
# A write's own transaction: it was committed, or a rollback has undone it.
COMMITTED, UNDONE = 1, 0


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
        prefix = f"{Staging(Path(), write_id).folder.name}/{KEPT}/"
        files = [file for file in self.files() if file.path.startswith(prefix)]
        return self.scan_files(files)

    def scan_files(self, files: Sequence[StoredFile], name_as: str = "") -> pl.LazyFrame:
        """Return the rows of some files; `name_as` adds a column that says which file's."""
        frames = [self._scan_file(file) for file in files] or [pl.LazyFrame(schema=self.schema)]
        if not name_as:
            return pl.concat(frames)
        names = [file.path for file in files] or [""]
        named = [
            f.with_columns(pl.lit(n).alias(name_as)) for f, n in zip(frames, names, strict=True)
        ]
        return pl.concat(named)

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

    def files_within(self, ranges: Mapping[str, tuple[Any, Any]]) -> list[StoredFile]:
        """Return the files that may hold a value within all `ranges` (low, high), by statistics.

        Only of numbers and dates does the log know exact bounds; nothing is within an empty range.
        """
        if any(low is None for low, _ in ranges.values()):
            return []
        actions = pl.DataFrame(self.handle.get_add_actions(flatten=True))
        apart = [
            (pl.col(f"max.{name}") < low) | (pl.col(f"min.{name}") > high)
            for name, (low, high) in ranges.items()
            if {f"min.{name}", f"max.{name}"} <= set(actions.columns)
            and (self.schema[name].is_integer() or self.schema[name] == pl.Date)
        ]
        near = actions.select(
            ~pl.any_horizontal(pl.lit(value=False), *apart).fill_null(value=False)
        )
        return [
            file for file, is_near in zip(self.files(), near.to_series(), strict=True) if is_near
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

    def committed(self, write_id: str) -> int | None:
        """Return the version that a write made; None when it is not in the table."""
        entry = self.entry(write_id)
        return None if entry is None else int(str(entry["version"]))

    def is_undone(self, write_id: str, version: int | None) -> bool:
        """Say whether a write, committed as `version`, was taken back: by us or by whomever."""
        if self.handle.transaction_version(app_id(write_id)) == UNDONE:
            return True
        if version is None or version >= self.version:
            return False
        since = parents(self.handle.history(self.version - version))
        *_, oldest = line(self.version, since)
        return since[oldest] < version  # where the log has a gap it says nothing of a rollback

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
