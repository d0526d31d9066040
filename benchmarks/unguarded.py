"""The same rows written unguarded, in each way and codec that a guarded write is held against."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
from deltalake import DeltaTable, WriterProperties, write_deltalake
from deltalake import Schema as DeltaSchema
from deltalake.transaction import AddAction

Writer = Callable[[Path, Path], None]
OURS = "_zstd1"  # the codec that guarded tables have; without it a writer has its own default


def _sink_delta(source: Path, target: Path, properties: WriterProperties | None = None) -> None:
    options: dict[str, Any] = {"writer_properties": properties} if properties else {}
    pl.scan_parquet(source).sink_delta(target / "t", delta_write_options=options)


def _write_deltalake(
    source: Path, target: Path, properties: WriterProperties | None = None
) -> None:
    options: dict[str, Any] = {"writer_properties": properties} if properties else {}
    write_deltalake(target / "t", pl.scan_parquet(source).collect(engine="streaming"), **options)


def _sink_parquet_commit(source: Path, target: Path, level: int | None = None) -> None:
    """Do what a guarded write does with its files and nothing more: sink them, then commit."""
    frame, table = pl.scan_parquet(source), target / "t"
    file = table / "part.parquet"
    frame.sink_parquet(file, mkdir=True, compression_level=level)
    schema = DeltaSchema.from_arrow(frame.collect_schema())
    handle = DeltaTable.create(str(table), schema)
    added = AddAction(file.name, file.stat().st_size, {}, 0, data_change=True, stats="{}")
    handle.create_write_transaction([added], "append", schema)


_QUICK = WriterProperties(compression="ZSTD", compression_level=1)
WRITERS: Mapping[str, Writer] = {
    "sink_delta": _sink_delta,
    f"sink_delta{OURS}": partial(_sink_delta, properties=_QUICK),
    "write_deltalake": _write_deltalake,
    f"write_deltalake{OURS}": partial(_write_deltalake, properties=_QUICK),
    "sink_parquet_commit": _sink_parquet_commit,
    f"sink_parquet_commit{OURS}": partial(_sink_parquet_commit, level=1),
}
