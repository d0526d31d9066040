"""Files that a write has put into its table's folder and that no reader can see yet."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, unquote

import polars as pl
from deltalake.transaction import AddAction
from polars._typing import ParquetCompression
from polars.io.partition import FileProviderArgs

from dq_monitor.errors import TableUnreadable
from dq_monitor.model.storage import Codec, Storage
from dq_monitor.tables.footers import Footer, statistics
from dq_monitor.tables.place import File, Place, Room

STAGE = "stage-"
KEPT = "kept"
QUARANTINED = "quarantined"
CARRIED = "carried"
FLAG = "_dq_carried"  # not CARRIED: a table may have a column of that name
REPLACED = "replaced.json"
SCHEMA = "schema.arrow"
REQUIRED = "required.json"
NULL_PARTITION = "__HIVE_DEFAULT_PARTITION__"
NO_NULL = "__dq_text_HIVE_DEFAULT_PARTITION__"  # the folder of a text that reads like the above
CODECS: Mapping[Codec, ParquetCompression] = {
    Codec.ZSTD: "zstd",
    Codec.SNAPPY: "snappy",
    Codec.LZ4_RAW: "lz4",  # Polars means the raw frames by it, not Hadoop's
    Codec.GZIP: "gzip",
    Codec.UNCOMPRESSED: "uncompressed",
}


@dataclass(frozen=True, slots=True)
class Replaced:
    """The stored files that a merge takes away, and how many of their rows it carries over."""

    files: tuple[str, ...] = ()
    rows: int = 0


@dataclass(frozen=True, slots=True)
class Staging:
    """The folder of one write under its table: `kept/` is committed, `quarantined/` explained.

    A merge also commits `carried/`: what stays of the stored files that it replaces.

    The name must not begin with `_` or `.`, or vacuum would pass over it for ever.
    """

    table: Place
    write_id: str
    storage: Storage = field(default_factory=Storage)
    _known: dict[str, pl.Schema] = field(default_factory=dict, repr=False, compare=False)

    @property
    def name(self) -> str:
        """Return the folder's name."""
        return folder_of(self.write_id)

    @property
    def folder(self) -> str:
        """Return where the files lie."""
        return f"{self.table.uri}/{self.name}"

    @property
    def options(self) -> dict[str, Any] | None:
        """Return what a sink needs to write there, as `storage_options`."""
        return self.table.options

    def room(self, *parts: str, beside: bool = False) -> AbstractContextManager[Room]:
        """Give a sink a room; what it wrote to `parts`, or anywhere, counts when all went well.

        `beside` says that it adds to the files of an earlier one.
        """
        return self.table.room(self.name, parts or (KEPT, QUARANTINED), beside=beside)

    def sink(
        self,
        rows: pl.LazyFrame,
        flag: str,
        partition_by: tuple[str, ...] = (),
        name: str = "",
        *,
        room: Room,
        into: str = KEPT,
    ) -> pl.LazyFrame:
        """Return the sink of `rows` as a query: collecting it writes the files, see `target`."""
        return rows.sink_parquet(
            self.target(flag, partition_by, name, room=room, into=into),
            compression=CODECS[self.storage.compression],
            compression_level=self.storage.effort,
            storage_options=self.options,
            mkdir=True,
            lazy=True,
        )

    def target(
        self,
        flag: str,
        partition_by: tuple[str, ...],
        name: str = "",
        *,
        room: Room,
        into: str = KEPT,
    ) -> pl.PartitionBy:
        """Return where a sink writes: by the boolean `flag` (true is kept), then by partition.

        Partitioned files lie under `key=value/`, or Polars could not read them. `name` keeps the
        files of a second pass apart from those of the first.
        """
        begin = f"{room.prefix}{name}"

        def path(args: FileProviderArgs) -> str:
            keys = args.partition_keys.row(0, named=True)
            kept = into if keys[flag] else QUARANTINED
            values = "".join(f"{quote(k)}={_own_directory(keys[k])}/" for k in partition_by)
            return f"{kept}/{values}{begin}{args.index_in_partition:05d}.parquet"

        return pl.PartitionBy(
            room.base,
            key=[flag, *partition_by],
            include_key=False,
            max_rows_per_file=self.storage.max_rows_per_file,
            file_path_provider=path,
        )

    def remember(self, schema: pl.Schema) -> None:
        """Keep the batch's schema beside its files, so that a recovery can commit without it."""
        memo = io.BytesIO()
        pl.DataFrame(schema=schema).write_ipc(memo)
        self.table.write(f"{self.name}/{SCHEMA}", memo.getvalue())
        self._known[SCHEMA] = schema

    def schema(self) -> pl.Schema:
        """Return what was remembered, here or by a process before."""
        if SCHEMA in self._known:
            return self._known[SCHEMA]
        memo = self.table.read(f"{self.name}/{SCHEMA}")
        if memo is None:
            raise TableUnreadable(
                f"{self.folder}: {SCHEMA} went away while it was needed", fix="send the batch again"
            )
        return pl.Schema(pl.read_ipc_schema(io.BytesIO(memo)))

    def require(self, columns: tuple[str, ...]) -> None:
        """Remember which columns may hold no null, should the commit have to make the table."""
        self.table.write(f"{self.name}/{REQUIRED}", json.dumps(columns).encode())

    def required(self) -> frozenset[str]:
        """Return what was remembered; nothing where no column is required."""
        memo = self.table.read(f"{self.name}/{REQUIRED}")
        return frozenset(json.loads(memo) if memo else ())

    def scan(self, part: str, name_files_as: str | None = None) -> pl.LazyFrame:
        """Return the staged rows of one part, partition columns included."""
        schema = self.schema()
        files = self.files(part)
        if not files:
            rows = pl.LazyFrame(schema=schema)
            return rows.with_columns(pl.lit("").alias(name_files_as)) if name_files_as else rows
        keys = partition_values(files[0])
        rows = pl.scan_parquet(
            [file.uri for file in files],
            glob=False,
            hive_partitioning=bool(keys),
            hive_schema={key: schema[key] for key in keys} or None,
            include_file_paths=name_files_as,
            storage_options=self.options,
        )
        if any(f"={NO_NULL}/" in file.path for file in files):
            texts = [key for key in keys if schema[key] == pl.String]
            rows = rows.with_columns(pl.col(texts).replace(NO_NULL, NULL_PARTITION))
        return rows.select(*schema, *([name_files_as] if name_files_as else []))

    def files(self, part: str) -> list[File]:
        """Return the files of `kept` or `quarantined`, in a stable order."""
        return self.table.files(f"{self.name}/{part}")

    def footers(self, part: str) -> list[Footer]:
        """Return what the files of a part say of themselves."""
        return [self.table.footer(file) for file in self.files(part)]

    def drop(self, uris: Iterable[str]) -> None:
        """Delete files, by the names that `scan` gave them."""
        for uri in uris:
            self.table.delete(uri.removeprefix(f"{self.table.uri}/"))

    def carry(self, rows: pl.LazyFrame, partition_by: tuple[str, ...]) -> None:
        """Write stored rows anew, beside the batch that replaces the rest of their files."""
        with self.room(CARRIED, beside=True) as room:
            self.carry_into(room, rows, partition_by)

    def carry_into(
        self, room: Room, rows: pl.LazyFrame, partition_by: tuple[str, ...], name: str = ""
    ) -> None:
        """Write stored rows anew in a room; `name` keeps the files of several calls apart."""
        flagged = rows.with_columns(pl.lit(value=True).alias(FLAG))
        sink = self.sink(flagged, FLAG, partition_by, name, room=room, into=CARRIED)
        sink.collect(engine="streaming")

    def replace(self, files: tuple[str, ...]) -> None:
        """Remember which stored files the commit takes away, so that a recovery knows too."""
        replaced = {"files": files, "rows": self._rows(CARRIED)}
        self.table.write(f"{self.name}/{REPLACED}", json.dumps(replaced).encode())

    def replaced(self) -> Replaced:
        """Return what was remembered; nothing where the write replaces no single file."""
        memo = self.table.read(f"{self.name}/{REPLACED}")
        if memo is None:
            return Replaced()
        said = json.loads(memo)
        return Replaced(tuple(said["files"]), said["rows"])

    def holds(self, rows: int) -> bool:
        """Say whether all is there that was judged: others may clear old files away."""
        if self.table.read(f"{self.name}/{SCHEMA}") is None:
            return False
        return self._rows(KEPT) == rows and self._rows(CARRIED) == self.replaced().rows

    def _rows(self, part: str) -> int:
        return sum(footer.rows for footer in self.footers(part))

    def remove(self) -> None:
        """Delete all that was staged."""
        self._known.clear()
        self.table.clear(self.name)

    def settle(self) -> None:
        """Delete what a committed write no longer needs; its kept files are the table's now."""
        self.table.clear(self.name, but=(KEPT, CARRIED))


def folder_of(write_id: str) -> str:
    """Return the name of a write's folder below its table."""
    return f"{STAGE}{write_id}"


def add_actions(staging: Staging, at: int) -> list[AddAction]:
    """Return what a commit at `at` (ms since 1970) says of the new files, with statistics."""
    return [
        AddAction(
            path=file.path,
            size=file.size,
            partition_values=partition_values(file),
            modification_time=at,
            data_change=True,
            stats=json.dumps(statistics(staging.table.footer(file))),
        )
        for part in (KEPT, CARRIED)
        for file in staging.files(part)
    ]


def partition_values(file: File) -> dict[str, str | None]:
    """Read the values off a path such as `stage-1/kept/flight_date=2013-01-01/00000.parquet`."""
    pairs = (part.split("=", 1) for part in file.path.split("/")[2:-1])
    return {unquote(k): None if v == NULL_PARTITION else unquote(v) for k, v in pairs}


def partition_folder(partition: Mapping[str, object]) -> str:
    """Return where the files of a partition lie, with a slash at the end: `key=value/`."""
    return "".join(f"{quote(key)}={_directory(value)}/" for key, value in partition.items())


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


def _own_directory(value: object) -> str:
    """Name the folder of a value that may not be storable: no two of a batch share one."""
    if value == "":
        return ""
    return NO_NULL if value == NULL_PARTITION else _directory(value)


def _directory(value: object) -> str:
    text = partition_text(value)
    return NULL_PARTITION if text is None else quote(text, safe="")
