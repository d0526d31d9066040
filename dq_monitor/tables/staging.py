"""Files that a write has put into its table's folder and that no reader can see yet."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, unquote

import polars as pl
from deltalake.transaction import AddAction
from polars._typing import ParquetCompression
from polars.io.partition import FileProviderArgs

from dq_monitor.model.storage import Codec, Storage
from dq_monitor.tables.footers import read_footer, statistics
from dq_monitor.tables.unwritable import writing

KEPT = "kept"
QUARANTINED = "quarantined"
SCHEMA = "schema.arrow"
NULL_PARTITION = "__HIVE_DEFAULT_PARTITION__"
CODECS: Mapping[Codec, ParquetCompression] = {
    Codec.ZSTD: "zstd",
    Codec.SNAPPY: "snappy",
    Codec.LZ4_RAW: "lz4",  # Polars means the raw frames by it, not Hadoop's
    Codec.GZIP: "gzip",
    Codec.UNCOMPRESSED: "uncompressed",
}


@dataclass(frozen=True, slots=True)
class Staging:
    """The folder of one write under its table: `kept/` is committed, `quarantined/` explained.

    The name must not begin with `_` or `.`, or vacuum would pass over it for ever.
    """

    table: Path
    write_id: str
    storage: Storage = field(default_factory=Storage)

    @property
    def folder(self) -> Path:
        """Return where the files lie."""
        return self.table / f"stage-{self.write_id}"

    @contextmanager
    def room(self) -> Iterator[Path]:
        """Give a sink a folder of its own; what it wrote moves to its place when all went well.

        A sink that failed may still write a file after Polars has raised, and make the folders
        for it. In a room it cannot spoil what the next pass writes; vacuum takes it away.
        """
        with writing(self.folder):
            room = Path(tempfile.mkdtemp(prefix="pass-", dir=self.folder))
            for part in (KEPT, QUARANTINED):
                (room / part).mkdir()
        try:
            yield room
            for part in (KEPT, QUARANTINED):
                (room / part).rename(self.folder / part)
        finally:
            shutil.rmtree(room, ignore_errors=True)

    def sink(
        self,
        rows: pl.LazyFrame,
        flag: str,
        partition_by: tuple[str, ...] = (),
        name: str = "",
        *,
        room: Path | None = None,
    ) -> pl.LazyFrame:
        """Return the sink of `rows` as a query: collecting it writes the files, see `target`."""
        return rows.sink_parquet(
            self.target(flag, partition_by, name, room=room),
            compression=CODECS[self.storage.compression],
            compression_level=self.storage.effort,
            mkdir=True,
            lazy=True,
        )

    def target(
        self,
        flag: str,
        partition_by: tuple[str, ...],
        name: str = "",
        *,
        room: Path | None = None,
    ) -> pl.PartitionBy:
        """Return where a sink writes: by the boolean `flag` (true is kept), then by partition.

        Partitioned files lie under `key=value/`, or Polars could not read them. `name` keeps the
        files of a second pass apart from those of the first.
        """

        def path(args: FileProviderArgs) -> str:
            keys = args.partition_keys.row(0, named=True)
            kept = KEPT if keys[flag] else QUARANTINED
            values = "".join(f"{quote(k)}={_directory(keys[k])}/" for k in partition_by)
            return f"{kept}/{values}{name}{args.index_in_partition:05d}.parquet"

        return pl.PartitionBy(
            room or self.folder,
            key=[flag, *partition_by],
            include_key=False,
            max_rows_per_file=self.storage.max_rows_per_file,
            file_path_provider=path,
        )

    def remember(self, schema: pl.Schema) -> None:
        """Keep the batch's schema beside its files, so that a recovery can commit without it."""
        with writing(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            pl.DataFrame(schema=schema).write_ipc(self.folder / SCHEMA)

    def schema(self) -> pl.Schema:
        """Return what was remembered."""
        return pl.Schema(pl.read_ipc_schema(self.folder / SCHEMA))

    def scan(self, part: str, name_files_as: str | None = None) -> pl.LazyFrame:
        """Return the staged rows of one part, partition columns included."""
        schema = self.schema()
        files = self.files(part)
        if not files:
            rows = pl.LazyFrame(schema=schema)
            return rows.with_columns(pl.lit("").alias(name_files_as)) if name_files_as else rows
        keys = partition_values(files[0].relative_to(self.folder / part))
        rows = pl.scan_parquet(
            files,
            glob=False,
            hive_partitioning=bool(keys),
            hive_schema={key: schema[key] for key in keys} or None,
            include_file_paths=name_files_as,
        )
        return rows.select(*schema, *([name_files_as] if name_files_as else []))

    def files(self, part: str) -> list[Path]:
        """Return the files of `kept` or `quarantined`, in a stable order."""
        return sorted((self.folder / part).rglob("*.parquet"))

    def holds(self, rows: int) -> bool:
        """Say whether `kept` has this many rows and its schema: others may clear old files away."""
        if not (self.folder / SCHEMA).exists():
            return False
        return sum(read_footer(path).rows for path in self.files(KEPT)) == rows

    def remove(self) -> None:
        """Delete all that was staged."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def settle(self) -> None:
        """Delete what a committed write no longer needs; its kept files are the table's now."""
        shutil.rmtree(self.folder / QUARANTINED, ignore_errors=True)
        (self.folder / SCHEMA).unlink(missing_ok=True)


def add_actions(staging: Staging, at: int) -> list[AddAction]:
    """Return what a commit at `at` (ms since 1970) says of the kept files, with statistics."""
    return [
        AddAction(
            path=path.relative_to(staging.table).as_posix(),
            size=path.stat().st_size,
            partition_values=partition_values(path.relative_to(staging.folder / KEPT)),
            modification_time=at,
            data_change=True,
            stats=json.dumps(statistics(read_footer(path))),
        )
        for path in staging.files(KEPT)
    ]


def partition_values(path: Path) -> dict[str, str | None]:
    """Read the values off a path such as `flight_date=2013-01-01/00000.parquet`."""
    pairs = (part.split("=", 1) for part in path.parts[:-1])
    return {unquote(k): None if v == NULL_PARTITION else unquote(v) for k, v in pairs}


def partition_text(value: object) -> str | None:
    """Spell a partition value as the Delta log does; an empty text is a null there."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        utc = value.astimezone(UTC) if value.tzinfo else value
        return utc.strftime("%Y-%m-%d %H:%M:%S.%f")
    return str(value)


def _directory(value: object) -> str:
    text = partition_text(value)
    return NULL_PARTITION if text is None else quote(text, safe="")
