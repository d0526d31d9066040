"""Finds what writes have left behind below a table, and what no version needs any more.

Two questions keep it from harm, asked while the write is held: is it open, and is it in the table?
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from dq_monitor.failpoints import Failpoint, failpoint
from dq_monitor.tables.delta import DeltaTables
from dq_monitor.tables.place import Entry, Place
from dq_monitor.tables.snapshot import Snapshot, app_id
from dq_monitor.tables.staging import CARRIED, KEPT, STAGE

HOUR = timedelta(hours=1)
PARQUET = ".parquet"
LOG = "/_delta_log/"
COMMITTABLE = (KEPT, CARRIED)
IsOpen = Callable[[str], bool]


def care_lease(table: str) -> str:
    """Return what is held by whoever takes care of a table: one at a time."""
    return f"care-{table}"


@dataclass(frozen=True, slots=True)
class Swept:
    """How many files (and their bytes) were removed, or would be."""

    files: int = 0
    size: int = 0

    def __add__(self, other: Swept) -> Swept:
        return Swept(self.files + other.files, self.size + other.size)


@dataclass(frozen=True, slots=True)
class Remains:
    """All that lies in the folder of one write."""

    entries: Sequence[Entry]

    @property
    def has_rows(self) -> bool:
        """Say whether there are files that a commit may have put into the table."""
        return any(_is_committable(one) for one in self.entries)

    def going(self, older_than: datetime, *, committed: bool) -> list[Entry]:
        """Return what nobody needs: all of it, or all but the files of a committed write.

        Nothing while the youngest of it is younger than asked for.
        """
        if max((one.modified for one in self.entries), default=math.inf) > older_than.timestamp():
            return []
        if committed and self.has_rows:
            return [one for one in self.entries if not _stays(one)]
        return list(self.entries)


@dataclass(frozen=True, slots=True)
class Sweeper:
    """Clears one table's place. `is_open` says of a write whether it has no outcome yet.

    It is asked while nobody else holds the write: what it says then cannot change any more.
    """

    tables: DeltaTables
    table: str
    is_open: IsOpen
    dry_run: bool = False

    def sweep(self, older_than: datetime) -> Swept:
        """Remove staged files of writes that are settled or given up, and their locks."""
        now = self.tables.look(self.table)
        live = {_top(file.path) for file in now.files()} if now else set()
        total, found = Swept(), self._place.entries()
        inner = _inner(found)
        staged = [one for one in found if _is_staged(one) and not _is_within(one, inner)]
        for name, entries in groupby(staged, key=lambda one: _top(one.path)):
            remains, committed = Remains(tuple(entries)), name in live or _is_in(now, name)
            if remains.going(older_than, committed=committed):
                total += self._sweep_stage(name, older_than, committed=committed)
        self._sweep_leases(older_than)
        return total

    def vacuum(self, older_than: datetime, now: datetime) -> Swept:
        """Remove data files that no version has needed since `older_than`.

        Staged files of open writes are unknown to the table's log: they are left out, and so is
        what was there when the longest running write began. No commit comes of it.
        """
        own, standing = care_lease(self.table), self.tables.leases.standing()
        running = [one.since for one in standing if one.held and one.name != own]
        if running:
            older_than = min(older_than, datetime.fromtimestamp(min(running), now.tzinfo))
        table = self.tables.look(self.table)
        if table is None:
            return Swept()
        hours = max(math.ceil((now - older_than) / HOUR), 0)
        unneeded = table.handle.vacuum(
            hours, dry_run=True, enforce_retention_duration=False, full=True
        )
        return self._drop(set(unneeded)) if unneeded else Swept()

    @property
    def _place(self) -> Place:
        return self.tables.place(self.table)

    @contextmanager
    def _ours(self, top: str) -> Iterator[bool]:
        """Keep the owner of a staging folder away; say whether it is over with the write."""
        if not top.startswith(STAGE):
            yield True
            return
        write_id = top.removeprefix(STAGE)
        with self.tables.lease_if_free(write_id) as free:
            yield free and not self.is_open(write_id)

    def _drop(self, unneeded: Collection[str]) -> Swept:
        total, found = Swept(), self._place.entries()
        inner = _inner(found)
        going = [
            one
            for one in found
            if one.path in unneeded and one.path.endswith(PARQUET) and not _is_within(one, inner)
        ]
        for top, files in groupby(going, key=lambda one: _top(one.path)):
            with self._ours(top) as ours:
                for file in files if ours else ():
                    if not self.dry_run:
                        self._place.delete(file.path)
                        failpoint(Failpoint.CARE_VACUUMED)
                    total += Swept(1, file.size)
        return total

    def _sweep_stage(self, name: str, older_than: datetime, *, committed: bool) -> Swept:
        with self._ours(name) as ours:
            # A write that was open a moment ago may be in the table now: left for the next time.
            if not ours or (not committed and _is_in(self.tables.look(self.table), name)):
                return Swept()
            remains = Remains(self._place.entries(name))
            going = remains.going(older_than, committed=committed)
            if going and not self.dry_run:
                self._place.clear(name, but=COMMITTABLE if committed and remains.has_rows else ())
                failpoint(Failpoint.CARE_SWEPT)
            files = [one.size for one in going if one.is_file]
            return Swept(len(files), sum(files))

    def _sweep_leases(self, older_than: datetime) -> None:
        """Let go of what dead owners have left of their leases: to hold one takes it away."""
        for one in () if self.dry_run else self.tables.leases.standing():
            if not one.held and one.since <= older_than.timestamp() and not self.is_open(one.name):
                with self.tables.lease_if_free(one.name):
                    pass


def _is_in(now: Snapshot | None, stage: str) -> bool:
    """Say whether a write is in the table: then its files are a version's, and vacuum's to take."""
    write_id = stage.removeprefix(STAGE)
    return now is not None and now.handle.transaction_version(app_id(write_id)) is not None


def _top(path: str) -> str:
    return path.split("/", 1)[0]


def _is_staged(one: Entry) -> bool:
    return one.path.startswith(STAGE) and ("/" in one.path or not one.is_file)


def _is_committable(one: Entry) -> bool:
    """Say whether it is a data file in a part of a staging folder that commits take from."""
    return one.is_file and one.path.endswith(PARQUET) and one.path.split("/")[1] in COMMITTABLE


def _stays(one: Entry) -> bool:
    """Say whether a committed write needs it: its files, and the folders around them."""
    parts = one.path.split("/")
    around = not one.is_file and (len(parts) == 1 or parts[1] in COMMITTABLE)
    return around or _is_committable(one)


def _inner(entries: Iterable[Entry]) -> set[str]:
    """Return the folders in which tables lie within this one."""
    paths = (f"{one.path}/" for one in entries)
    return {path.split(LOG, 1)[0] for path in paths if LOG in path}


def _is_within(one: Entry, folders: Iterable[str]) -> bool:
    return any(one.path.startswith(f"{folder}/") for folder in folders)
