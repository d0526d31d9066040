"""What a command is asked about: a table or a file by its name, and the pack that guards it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from dq_monitor.errors import PackMissing, SourceMissing, TableUnreadable, UsageError
from dq_monitor.model.pack import Pack
from dq_monitor.model.view import Files
from dq_monitor.packs import load_packs
from dq_monitor.ports import Source
from dq_monitor.registry import or_near, plug
from dq_monitor.settings import Settings
from dq_monitor.sources import kind_of
from dq_monitor.storage import is_remote
from dq_monitor.tables.delta import DeltaTables, files_at
from dq_monitor.tables.timeline import timeline

COLUMNAR = {"delta", "parquet"}


@dataclass(frozen=True, slots=True)
class Target:
    """Rows that exist already; `columnar` says that each column can be read by itself.

    `files` are those of a Delta table.
    """

    frame: pl.LazyFrame
    columnar: bool
    files: Files | None = None


def pack_of(table: str, settings: Settings, fix: str) -> Pack:
    """Return the pack of the rules folder that guards `table`; raise PackMissing."""
    packs = load_packs(settings.rules) if settings.rules.is_dir() else {}
    if table not in packs:
        raise PackMissing(table, fix=or_near(fix, table, packs))
    return packs[table]


def open_target(target: str, tables: DeltaTables, version: int | None = None) -> Target:
    """Return the rows of a file, a Delta folder or URL, or a table of the warehouse.

    `version` is that of a Delta table, the newest by default.
    """
    kind = kind_at(target)
    if kind and kind != "delta" and version is not None:
        raise UsageError(f"{target} is no Delta table and has no versions", fix="leave it out")
    if kind:
        source: Source = plug("dq_monitor.sources", kind, "source")()
        files = files_at(target, tables.storage, version) if kind == "delta" else None
        options: dict[str, object] = {} if version is None else {"version": version}
        reach = {"storage_options": dict(tables.storage)} if is_remote(target) else {}
        return Target(source.scan(target, {**options, **reach}), kind in COLUMNAR, files)
    if is_table(target, tables):
        files = files_at(tables.uri(target), tables.storage, version)
        return Target(tables.scan(target, version), columnar=True, files=files)
    raise SourceMissing(
        f"{target!r} is no file and no table in {tables.root}", fix="correct the name or the path"
    )


def require_version(table: str, tables: DeltaTables, version: int | None) -> None:
    """Raise UsageError where a table of the warehouse has no such version; None is the newest."""
    if version is None:
        return
    with suppress(TableUnreadable):
        tables.open(table, version)
        return
    known = timeline(table, tables.open(table))  # reads the whole log
    if version not in known.by_number:
        raise UsageError(
            f"{table} has no version {version}",
            fix=f"name one of {known.versions[0].number} to {known.newest.number}",
        )


def is_table(target: str, tables: DeltaTables) -> bool:
    """Say whether `target` names a table of the warehouse."""
    return not kind_at(target) and tables.exists(target)


def kind_at(target: str) -> str:
    """Return the source that reads `target`; empty for what is not there, or a table's name."""
    path = Path(target)
    if path.suffix == ".parquet" and is_remote(target):
        return "parquet"
    if is_remote(target) or path.is_dir():
        return "delta"
    if not path.exists():
        return ""
    return kind_of(path.name) or "csv"
