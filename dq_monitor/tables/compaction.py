"""Writes the small files of a table anew as large ones: the same rows, and no file is lost.

delta-rs' own optimize is not used: it cuts the maximum of a timestamp to milliseconds, below the
very rows of the file, so that a reader that trusts statistics would pass over them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import polars as pl
from deltalake import CommitProperties, Transaction
from deltalake.transaction import RemoveAction

from dq_monitor.errors import TableUnreadable, UsageError
from dq_monitor.model.care import Compaction
from dq_monitor.model.storage import Storage
from dq_monitor.registry import suggest
from dq_monitor.tables.snapshot import WRITE_ID, Snapshot, StoredFile, app_id
from dq_monitor.tables.staging import CARRIED, Staging, add_actions
from dq_monitor.tables.unwritable import running_full

SMALL = 0.75  # of the target size: a file above is as good as any
KEY_BITS = 12  # of each column: 4,096 steps, far finer than any table has files
OPERATION = "dq.operation"
# Written once and read for long: Polars' own level, where a write is in more of a hurry. The number
# of rows is one that no file has: without it Polars begins another file after 4 GiB of memory.
COMPACTED = Storage(level=3, max_rows_per_file=2**32 - 1)
# Features by which a file's rows are not all that is stored, or not under their own names.
FOREIGN = ("deletionVectors", "columnMapping")


@dataclass(frozen=True, slots=True)
class Bin:
    """Files of one partition that become one, or with a z-order as many as their size asks for."""

    files: tuple[StoredFile, ...]

    @property
    def size(self) -> int:
        """Return the bytes of all files."""
        return sum(file.size for file in self.files)


def plan(now: Snapshot, rule: Compaction, zorder: Sequence[str] = ()) -> tuple[Bin, ...]:
    """Return which files are to be written anew; none where too few are small.

    With a z-order a partition is sorted as a whole, once enough small files have come to it.
    Raises TableUnreadable for a table with features of other writers, UsageError for a z-order by
    what cannot be sorted.
    """
    _require_plain(now)
    _require_sortable(now, zorder)
    found = sorted(now.files(), key=lambda file: str(file.key))
    bins: list[Bin] = []
    for _, group in groupby(found, key=lambda file: file.key):
        files = tuple(group)
        small = [file for file in files if file.size < SMALL * rule.target_size]
        if len(small) >= max(rule.min_files, 2):
            bins += [Bin(files)] if zorder else _packed(small, rule.target_size)
    return tuple(bins)


def rewrite(
    now: Snapshot, bins: Sequence[Bin], staging: Staging, zorder: Sequence[str], target: int
) -> None:
    """Write the rows of each bin to files in staging that nobody sees yet."""
    with running_full(now.uri), staging.room(CARRIED, beside=True) as room:
        for number, one in enumerate(bins):
            rows, into = now.scan_files(one.files), staging
            if zorder:
                rows, into = _sorted(rows, zorder, math.ceil(one.size / target), staging)
            into.carry_into(room, rows, tuple(one.files[0].partition), f"{number:05d}-")


def commit(now: Snapshot, bins: Sequence[Bin], staging: Staging, at: int) -> int | None:
    """Put the new files in the place of the old ones, unless another commit came just now.

    Returns the version; None when a file of the bins has left the table meanwhile, or its columns
    have changed. Raises CommitFailedError when another was faster: try again on a new snapshot.
    """
    care_id = staging.write_id
    before = now.committed(care_id)
    if before is not None:
        return before
    gone = {file.path: file for one in bins for file in one.files}
    if not gone.keys() <= {file.path for file in now.files()}:
        return None
    adds = [replace(add, data_change=False) for add in add_actions(staging, at)]
    removes = [
        RemoveAction(path, False, at, file.size, file.key)  # noqa: FBT003 - Rust
        for path, file in gone.items()
    ]
    now.handle.create_write_transaction(
        [*adds, *removes],
        "append",
        now.delta_schema,
        partition_by=now.handle.metadata().partition_columns or None,
        commit_properties=CommitProperties(
            custom_metadata={WRITE_ID: care_id, OPERATION: "compact"},
            app_transactions=[Transaction(app_id(care_id), 1, at)],
            max_commit_retries=0,  # what comes in between may have removed the same files
        ),
    )
    now.handle.update_incremental()
    return int(str(now.told(care_id)["version"]))


def same_rows(bins: Sequence[Bin], now: Snapshot, staging: Staging) -> bool:
    """Say whether the new files hold as many rows as the old ones, by the files themselves."""
    old = sum(
        now.scan_files(one.files).select(pl.len()).collect(engine="streaming").item()
        for one in bins
    )
    return sum(footer.rows for footer in staging.footers(CARRIED)) == int(old)


def _packed(files: Sequence[StoredFile], target: int) -> Iterator[Bin]:
    """Yield bins of about the target size, in the order of the files; no bin holds only one."""
    packed: list[StoredFile] = []
    for file in files:
        if packed and sum(one.size for one in packed) + file.size > target:
            yield from _filled(packed)
            packed = []
        packed.append(file)
    yield from _filled(packed)


def _filled(files: Sequence[StoredFile]) -> Iterator[Bin]:
    if len(files) > 1:
        yield Bin(tuple(files))


def _sorted(
    rows: pl.LazyFrame, zorder: Sequence[str], parts: int, staging: Staging
) -> tuple[pl.LazyFrame, Staging]:
    """Return rows in the order of the Z curve, and a staging that cuts them into `parts` files."""
    frame = rows.collect(engine="streaming")
    height = max(math.ceil(frame.height / max(parts, 1)), 1)
    cut = replace(staging, storage=replace(staging.storage, max_rows_per_file=height))
    return frame.sort(z_key(frame.height, zorder)).lazy(), cut


def z_key(height: int, columns: Sequence[str]) -> pl.Expr:
    """Return what orders rows along a Z curve: near in it is near in all of 1 to 5 columns.

    The bits of the columns' ranks stand in it by turns; nulls come first.
    """
    if len(columns) == 1:
        return pl.col(columns[0])
    bits = min(KEY_BITS, max(height, 1).bit_length())
    ranks = [pl.col(c).rank("min").fill_null(0).cast(pl.UInt64) for c in columns]
    scaled = [rank * (2**bits - 1) // max(height, 1) for rank in ranks]
    key = pl.lit(0, pl.UInt64)
    for bit in range(bits):
        for place, rank in enumerate(scaled):
            one = rank // pl.lit(2**bit, pl.UInt64) % pl.lit(2, pl.UInt64)
            key = key + one * pl.lit(2 ** (bit * len(columns) + place), pl.UInt64)
    return key


def _require_plain(now: Snapshot) -> None:
    features = now.handle.protocol().reader_features or ()
    foreign = [feature for feature in FOREIGN if feature in features]
    mapped = now.handle.metadata().configuration.get("delta.columnMapping.mode", "none") != "none"
    if foreign or mapped:
        raise TableUnreadable(
            f"{now.uri}: its files cannot be compacted ({', '.join(foreign) or 'columnMapping'})",
            fix="compact it with the engine that writes it",
        )


def _require_sortable(now: Snapshot, zorder: Sequence[str]) -> None:
    keys: Mapping[str, object] = dict.fromkeys(now.handle.metadata().partition_columns)
    for name in zorder:
        if name not in now.schema:
            raise UsageError(
                f"{now.uri}: zorder: no column {name!r}", fix=suggest(name, now.schema)
            )
        if name in keys:
            raise UsageError(
                f"{now.uri}: zorder: {name!r} parts the table already", fix="leave it out"
            )
        if now.schema[name].is_nested() or now.schema[name] == pl.Binary:
            raise UsageError(
                f"{now.uri}: zorder: {name!r} is {now.schema[name]}",
                fix="sort by numbers, texts, dates or timestamps",
            )
