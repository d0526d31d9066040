"""What has been replaced since rows were refused: they belong to rows that are no longer there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from dq_monitor.errors import RowsOutdated, TableUnreadable
from dq_monitor.model.table import WriteMode, quarantine_of
from dq_monitor.tables.ancestry import line, parents
from dq_monitor.tables.delta import DeltaTables
from dq_monitor.tables.snapshot import WRITE_ID, Snapshot
from dq_monitor.tables.staging import folder_of

Entry = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Replaced:
    """What others have replaced: the `whole` table, or the rows of some partitions.

    `partitions` holds a row of their values for each.
    """

    whole: bool = False
    partitions: pl.DataFrame | None = None

    def leaves(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        """Return the rows that have not been replaced."""
        if self.whole:
            return rows.clear()
        if self.partitions is None:
            return rows
        keys = self.partitions.lazy()
        return rows.join(keys, on=self.partitions.columns, how="anti", nulls_equal=True)

    def require_leaves(self, rows: pl.LazyFrame, write_id: str) -> pl.LazyFrame:
        """Return the rows that have not been replaced; raise RowsOutdated where all have been."""
        left = self.leaves(rows)
        if is_empty(left) and not is_empty(rows):
            raise RowsOutdated(
                f"write {write_id}: others have replaced the rows that these belong to",
                fix="send the batch again if it is still wanted, or purge its rows",
            )
        return left


def replaced_since(tables: DeltaTables, table: str, write_id: str) -> Replaced:
    """Return what was replaced in a table since a write's rows were refused, as far as it stands.

    What was undone by a rollback does not count. Where a version can no longer be opened, all is
    taken to have been replaced.
    """
    there, held = tables.look(table), tables.look(quarantine_of(table))
    entry = held.entry(write_id) if held else None
    if there is None or entry is None:
        return Replaced()
    found: list[dict[str, object]] = []
    for one in _since(there, write_id, int(str(entry["timestamp"]))):
        if one.get("dq.mode") != WriteMode.REPLACE_PARTITIONS:
            return Replaced(whole=True)
        try:
            found += _partitions(tables.open(table, int(one["version"])), str(one[WRITE_ID]))
        except TableUnreadable:
            return Replaced(whole=True)
    if not found:
        return Replaced()
    keys = there.handle.metadata().partition_columns
    schema = {name: there.schema[name] for name in keys}
    return Replaced(partitions=pl.DataFrame(found, schema=schema).unique())


def is_empty(rows: pl.LazyFrame) -> bool:
    """Say whether there is no row; reads one at most."""
    return rows.limit(1).collect().is_empty()


def _since(there: Snapshot, write_id: str, at: int) -> Iterator[Entry]:
    """Yield the commits after a write that took others' rows away, and that count.

    A rejected batch has no commit of its own: `at` (ms) is when its rows came to quarantine.
    """
    log = there.log()
    own = next((int(one["version"]) for one in log if one.get(WRITE_ID) == write_id), None)
    counted = set(line(there.version, parents(log)))
    for one in log:
        later = int(one["timestamp"]) > at if own is None else int(one["version"]) > own
        if later and int(one["version"]) in counted and _replaces(one):
            yield one


def _replaces(entry: Entry) -> bool:
    if "dq.mode" in entry:
        return entry["dq.mode"] in {WriteMode.OVERWRITE, WriteMode.REPLACE_PARTITIONS}
    how = entry.get("operationParameters") or {}
    return str(how.get("mode")).lower() == "overwrite"


def _partitions(then: Snapshot, write_id: str) -> Iterator[dict[str, object]]:
    """Yield the partitions that a write's own files lie in: it replaced these."""
    own = f"{folder_of(write_id)}/"
    yield from (dict(file.partition) for file in then.files() if file.path.startswith(own))
