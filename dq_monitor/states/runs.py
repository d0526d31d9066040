"""Sorted keys of many rows in one file on disk: looked up in blocks, of which few are read.

Every block carries the sum of its keys: a damaged one is noticed before it answers.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow as pa

BLOCK = 262_144
KEY, TIMES = "key", "times"


class Damaged(Exception):
    """A file of keys is gone, or is not what was written."""


@dataclass(frozen=True, slots=True)
class Run:
    """A file of sorted keys: of each block the first key, the last and the sum.

    `files` are the ids of the data files whose keys these are. With `sign` -1 they are no longer in
    the table, and count against the keys of another run that still holds them.
    """

    name: str
    files: tuple[str, ...]
    sign: int
    rows: int
    blocks: tuple[tuple[int, int, int], ...]


def write_run(folder: Path, keys: pl.Series, files: tuple[str, ...], sign: int) -> Run:
    """Write sorted keys under a name of their own."""
    name = f"{uuid.uuid4().hex}.arrow"
    parts = [keys.slice(at, BLOCK) for at in range(0, keys.len(), BLOCK)]
    blocks = tuple((part[0], part[-1], _sum(part)) for part in parts)
    temporary = folder / f"{name}.part"
    keys.alias(KEY).to_frame().rechunk().write_ipc(
        temporary, compression="uncompressed", record_batch_size=BLOCK
    )
    os.replace(temporary, folder / name)  # noqa: PTH105 - atomic, and says so
    return Run(name, files, sign, keys.len(), blocks)


def find(folder: Path, run: Run, wanted: pl.Series) -> pl.DataFrame:
    """Return those of some sorted keys that a run holds, with how often it does."""
    found = [*_found(folder, run, wanted)]
    if not found:
        return pl.DataFrame(schema={KEY: wanted.dtype, TIMES: pl.Int64})
    # a key may lie on both sides of the border of two blocks
    return pl.concat(found).group_by(KEY).agg(pl.col(TIMES).sum())


def read_run(folder: Path, run: Run) -> pl.Series:
    """Return all keys of a run."""
    with _opened(folder, run) as batches:
        blocks = [_block(batches, run, number) for number in range(len(run.blocks))]
    return pl.concat(blocks)


def _found(folder: Path, run: Run, wanted: pl.Series) -> Iterator[pl.DataFrame]:
    firsts = pl.Series([first for first, _, _ in run.blocks], dtype=wanted.dtype)
    lasts = pl.Series([last for _, last, _ in run.blocks], dtype=wanted.dtype)
    starts = wanted.search_sorted(firsts, side="left")
    ends = wanted.search_sorted(lasts, side="right")
    touched = [(n, s, e) for n, (s, e) in enumerate(zip(starts, ends, strict=True)) if s < e]
    if not touched:
        return
    with _opened(folder, run) as batches:
        for number, start, end in touched:
            hits = within(_block(batches, run, number), wanted[start:end])
            if hits.height:
                yield hits


def within(keys: pl.Series, wanted: pl.Series) -> pl.DataFrame:
    """Return those of some sorted keys that are among other sorted ones, with how often."""
    if keys.is_empty():
        return pl.DataFrame(schema={KEY: wanted.dtype, TIMES: pl.Int64})
    at = keys.search_sorted(wanted, side="left").clip(0, keys.len() - 1)
    hits = wanted.filter(keys.gather(at) == wanted).unique().sort().alias(KEY)
    first, behind = (keys.search_sorted(hits, side=side) for side in ("left", "right"))
    times = behind.cast(pl.Int64) - first.cast(pl.Int64)
    return pl.DataFrame([hits, times.alias(TIMES)])


def _opened(folder: Path, run: Run) -> pa.RecordBatchFileReader:
    try:
        batches = pa.ipc.open_file(pa.memory_map(str(folder / run.name)))
    except (OSError, pa.ArrowException) as error:
        raise Damaged(run.name) from error
    if batches.num_record_batches != len(run.blocks):
        raise Damaged(run.name)
    return batches


def _block(batches: pa.RecordBatchFileReader, run: Run, number: int) -> pl.Series:
    try:
        frame = pl.DataFrame(pl.from_arrow(batches.get_batch(number)))
        block = frame[KEY]
    except (OSError, pa.ArrowException, pl.exceptions.PolarsError) as error:
        raise Damaged(run.name) from error
    rows = min(BLOCK, run.rows - number * BLOCK)
    if block.len() != rows or block.null_count() or _sum(block) != run.blocks[number][2]:
        raise Damaged(run.name)
    return block


def _sum(block: pl.Series) -> int:
    """Add up 64 bits and let them wrap, as Polars does for both types of keys."""
    return int(block.sum() or 0)
