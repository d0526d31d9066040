"""Rows that a merge refused: which of them nobody has sent again or replaced since."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from dq_monitor.errors import RowsOfMerge, RowsOutdated
from dq_monitor.model.event import Event, WriteJudged, WriteStarted
from dq_monitor.model.quarantine import WRITE_ID as HELD_BY
from dq_monitor.model.table import Upsert, WriteMode, quarantine_of
from dq_monitor.quarantine.replaced import is_empty
from dq_monitor.tables.delta import DeltaTables
from dq_monitor.tables.snapshot import WRITE_ID, Snapshot
from dq_monitor.tables.timeline import Maker, Version, timeline

READS_KEYS = frozenset({WriteMode.APPEND, WriteMode.MERGE, WriteMode.REPLACE_PARTITIONS})
UPKEEP = frozenset({Maker.ROLLBACK, Maker.UPKEEP})


def merge_of(
    tables: DeltaTables, table: str, write_id: str, events: Sequence[Event]
) -> Upsert | None:
    """Return how the write that brought rows merges; None where it did not merge.

    Where the store has lost its `events` the Delta logs tell. Raises RowsOfMerge for one whose rows
    only their sender can bring in.
    """
    started = next((one for one in events if isinstance(one, WriteStarted)), None)
    if started and started.mode is not WriteMode.MERGE:
        return None
    judged = next((one for one in reversed(events) if isinstance(one, WriteJudged)), None)
    known = judged.upsert if judged else None
    if known is None:
        held = tables.look(quarantine_of(table))
        entry = held.entry(write_id) if held else None
        known = Upsert.told_by(entry) if entry else None
    if known is None and (started or _is_merge(tables, table, write_id)):
        raise only_its_sender(table, write_id, "an earlier version did not write its key down")
    if known and known.history:
        raise only_its_sender(table, write_id, "they begin versions of a dimension")
    return known


def only_its_sender(table: str, write_id: str, why: str) -> RowsOfMerge:
    """Return the error that says so."""
    return RowsOfMerge(
        f"{why}: only their sender can bring them in; send them, mended, with mode merge again,"
        f" then forget these: `dqm quarantine purge {table} --write {write_id}`"
    )


@dataclass(frozen=True, slots=True)
class Came:
    """The keys that came to a table with a merge, and to it or its quarantine after that.

    It was found of `version` of the table. `upsert` is how rows of that merge go in once released.
    """

    keys: pl.DataFrame
    version: int
    upsert: Upsert

    def require_leaves(self, rows: pl.LazyFrame, write_id: str) -> pl.LazyFrame:
        """Return the rows whose keys did not come again; raise RowsOutdated where all did."""
        left = rows.join(self.keys.lazy(), on=self.keys.columns, how="anti", nulls_equal=True)
        if is_empty(left) and not is_empty(rows):
            raise _outdated(write_id, "newer rows with these keys came after them")
        return left


def came_since(tables: DeltaTables, table: str, write_id: str, upsert: Upsert) -> Came:
    """Read which keys came with a committed merge or after it, as far as what brought them stands.

    Of a key that a batch had twice nobody can say which of its rows is meant.

    Costs the key columns of what each later write brought. Raises RowsOutdated where it cannot be
    told: a later merge deleted what it lacked, somebody wrote past the gate, or files are gone.
    """
    now = tables.open(table)
    known = timeline(table, now)
    own = next((one for one in known.versions if one.write_id == write_id), None)
    if own is None:
        raise _outdated(write_id, "the table's log no longer knows the write")
    line = known.line(now.version)
    since = [v for v in line if v.number >= own.number and v.changes and v.maker not in UPKEEP]
    entries = {int(entry["version"]): entry for entry in now.log()}
    made = {str(one[WRITE_ID]): number for number, one in entries.items() if one.get(WRITE_ID)}
    keys = list(upsert.keys)
    frames = [pl.LazyFrame(schema={name: now.schema[name] for name in keys})]
    for one in since:
        entry = entries[one.number]
        if made.get(str(entry.get("dq.release_of")), own.number + 1) < own.number:
            continue  # a release: what it brought had been delivered before
        if one is not own:
            _require_keys(one, write_id, deletes=_may_delete(entry))
        frames.append(tables.open(table, one.number).scan_write(one.write_id).select(keys))
    held = tables.look(quarantine_of(table))
    frames += [] if held is None else [_refused_since(held, write_id, made).select(keys)]
    found = pl.concat(frames).unique().collect(engine="streaming")
    return Came(found, now.version, Upsert(upsert.keys))


def _is_merge(tables: DeltaTables, table: str, write_id: str) -> bool:
    there = tables.look(table)
    entry = there.entry(write_id) if there else None
    return entry is not None and entry.get("dq.mode") == WriteMode.MERGE


def _require_keys(later: Version, write_id: str, *, deletes: bool) -> None:
    """Raise RowsOutdated for a version that does not say which keys it is about."""
    if later.maker is Maker.OUTSIDE:
        raise _outdated(write_id, f"version {later.number} was written past the gate after them")
    if deletes or later.mode not in READS_KEYS:
        raise _outdated(write_id, f"version {later.number} replaced rows that it did not bring")


def _may_delete(entry: Mapping[str, object]) -> bool:
    told = Upsert.told_by(entry)
    return entry.get("dq.mode") == WriteMode.MERGE and (told is None or told.delete)


def _refused_since(held: Snapshot, write_id: str, made: Mapping[str, int]) -> pl.LazyFrame:
    """Return what later writes put into quarantine, whatever became of it."""
    return held.scan().filter(pl.col(HELD_BY).is_in(list(_later(held, write_id, made))))


def _later(held: Snapshot, write_id: str, made: Mapping[str, int]) -> Iterator[str]:
    """Yield the writes that came to the table after one; `made` holds their versions there.

    Rejected batches made none: of these the order in quarantine tells.
    """
    came_before = False
    for entry in held.log():  # newest first
        other = str(entry.get(WRITE_ID) or "")
        came_before = came_before or other == write_id
        if other in made:
            if made[other] > made[write_id]:
                yield other
        elif other and not came_before:
            yield other


def _outdated(write_id: str, why: str) -> RowsOutdated:
    return RowsOutdated(
        f"merge {write_id}: {why}",
        fix="send them again if they are still wanted, or purge them",
    )
