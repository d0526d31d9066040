"""What the commits of a Delta table did to its files, read off the log: rows in, rows out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from deltalake import DeltaTable
from deltalake.exceptions import DeltaError
from deltalake.fs import DeltaStorageHandler
from pyarrow import fs as arrow_fs

from dq_monitor.tables.additions import additions

_COMMIT = re.compile(r"_delta_log/(\d{20})\.json")
_CHECKPOINT = re.compile(r"_delta_log/(\d{20})\.checkpoint\..*parquet")


@dataclass(frozen=True, slots=True)
class Step:
    """What one commit did. Rows are None where a file does not say how many it holds.

    `data` says that rows came or went, `columns` that the schema or the table's settings changed;
    a compaction does neither. `whole` says that all files of the version are still there.
    """

    added: int | None = 0
    removed: int | None = 0
    data: bool = False
    columns: bool = False
    whole: bool = True


def steps(table: DeltaTable, options: Mapping[str, str]) -> dict[int, Step]:
    """Return what each commit did that the log still has, from the first that can be opened on.

    Costs one listing of the table's folder and one read of each commit; no row is read.
    """
    store = arrow_fs.PyFileSystem(DeltaStorageHandler(table.table_uri, dict(options)))
    there = {i.path for i in store.get_file_info(arrow_fs.FileSelector("", recursive=True))}
    commits = {int(m[1]): m[0] for name in there if (m := _COMMIT.fullmatch(name))}
    first = _first(table, there, commits)
    if first is None:
        return {}
    walk = _Walk(there)
    found = {}
    if first:
        walk.begin(_stored(table, first, options))
        found[first] = Step(None, None, whole=walk.whole)
    for number in sorted(n for n in commits if not first or n > first):
        with store.open_input_stream(commits[number]) as file:
            found[number] = walk.step(_actions(file.read()))
    return found


def _first(table: DeltaTable, there: Iterable[str], commits: Mapping[int, str]) -> int | None:
    """Return the first version that can be opened: 0, or where a checkpoint sums up the past."""
    if 0 in commits:
        return 0
    checkpoints = {int(m[1]) for name in there if (m := _CHECKPOINT.fullmatch(name))}
    oldest = min(commits, default=table.version())
    return min((one for one in checkpoints if one >= oldest), default=None)


def _stored(table: DeltaTable, version: int, options: Mapping[str, str]) -> dict[str, int | None]:
    try:
        then = DeltaTable(table.table_uri, version, storage_options=dict(options))
    except (DeltaError, OSError):
        return {}
    return dict(additions(then).select("path", "num_records").iter_rows())


def _actions(text: bytes) -> Iterator[Mapping[str, Any]]:
    return (json.loads(line) for line in text.decode().splitlines() if line.strip())


@dataclass
class _Walk:
    """The files of a table as one commit after the other leaves them."""

    there: set[str]
    rows: dict[str, int | None] = field(default_factory=dict)
    live: set[str] = field(default_factory=set)
    missing: set[str] = field(default_factory=set)

    @property
    def whole(self) -> bool:
        return not self.missing

    def begin(self, files: Mapping[str, int | None]) -> None:
        self.rows.update(files)
        for path in files:
            self._come(path)

    def step(self, actions: Iterable[Mapping[str, Any]]) -> Step:
        added: list[int | None] = []
        removed: list[int | None] = []
        data = columns = False
        for action in actions:
            columns = columns or "metaData" in action
            one = action.get("add") or action.get("remove")
            if one is None:
                continue
            path = unquote(one["path"])
            if "add" in action:
                self.rows[path] = _rows(one)
                self._come(path)
            else:
                self._go(path)
            if one.get("dataChange", True):
                data = True
                (added if "add" in action else removed).append(self.rows.get(path))
        return Step(_sum(added), _sum(removed), data, columns, self.whole)

    def _come(self, path: str) -> None:
        self.live.add(path)
        if path not in self.there:
            self.missing.add(path)

    def _go(self, path: str) -> None:
        self.live.discard(path)
        self.missing.discard(path)


def _rows(add: Mapping[str, Any]) -> int | None:
    said = json.loads(add.get("stats") or "{}").get("numRecords")
    return None if said is None else int(said)


def _sum(counts: list[int | None]) -> int | None:
    known = [one for one in counts if one is not None]
    return sum(known) if len(known) == len(counts) else None
