"""Finds what writes have left behind in a table's folder, and what no version needs any more.

Two questions keep it from harm, asked while the write is held: is it open, and is it in the table?
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from shutil import rmtree

from dq_monitor.failpoints import Failpoint, failpoint
from dq_monitor.tables.delta import DeltaTables
from dq_monitor.tables.lease import held_since, let_go, oldest_held
from dq_monitor.tables.snapshot import Snapshot, app_id
from dq_monitor.tables.staging import CARRIED, KEPT, STAGE

HOUR = timedelta(hours=1)
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
class Sweeper:
    """Clears one table's folder. `is_open` says of a write whether it has no outcome yet.

    It is asked while nobody else holds the write: what it says then cannot change any more.
    """

    tables: DeltaTables
    table: str
    is_open: IsOpen
    dry_run: bool = False

    def sweep(self, older_than: datetime) -> Swept:
        """Remove staged files of writes that are settled or given up, and their locks."""
        now = self.tables.look(self.table)
        live = {file.path.split("/", 1)[0] for file in now.files()} if now else set()
        total = Swept()
        for folder in sorted(self._folder.glob(f"{STAGE}*")):
            if folder.is_dir():
                total += self._sweep_stage(folder, now, older_than, live=folder.name in live)
        self._sweep_locks(older_than)
        return total

    def vacuum(self, older_than: datetime, now: datetime) -> Swept:
        """Remove data files that no version has needed since `older_than`.

        Staged files of open writes are unknown to the table's log: they are left out, and so is
        what was there when the longest running write began. No commit comes of it.
        """
        running = oldest_held(self.tables.locks, but=care_lease(self.table))
        if running is not None:
            older_than = min(older_than, datetime.fromtimestamp(running, now.tzinfo))
        table = self.tables.look(self.table)
        if table is None:
            return Swept()
        hours = max(math.ceil((now - older_than) / HOUR), 0)
        unneeded = table.handle.vacuum(
            hours, dry_run=True, enforce_retention_duration=False, full=True
        )
        return self._unlink(sorted(set(unneeded)))

    @property
    def _folder(self) -> Path:
        return Path(self.tables.uri(self.table))

    def _lock_of(self, write_id: str) -> Path:
        return self.tables.locks / f"{write_id}.lock"

    def _unlink(self, names: Iterable[str]) -> Swept:
        total = Swept()
        for name in names:
            path = self._folder / name
            if path.suffix != ".parquet" or self._is_foreign(path) or self._is_staged(name):
                continue
            total += self._drop([path])
            failpoint(Failpoint.CARE_VACUUMED)
        return total

    def _is_foreign(self, path: Path) -> bool:
        """Say whether a file belongs to a table that lies in a folder of this one."""
        inner = path.relative_to(self._folder).parents
        return any((self._folder / one / "_delta_log").exists() for one in list(inner)[:-1])

    def _is_staged(self, name: str) -> bool:
        """Say whether a file belongs to a write that is open or under way."""
        top = name.split("/", 1)[0]
        if not top.startswith(STAGE):
            return False
        write_id = top.removeprefix(STAGE)
        return held_since(self._lock_of(write_id)) is not None or self.is_open(write_id)

    def _sweep_stage(
        self, folder: Path, now: Snapshot | None, older_than: datetime, *, live: bool
    ) -> Swept:
        write_id = folder.name.removeprefix(STAGE)
        left = list(_leftovers(folder)) if live else [folder]
        left = [path for path in left if _newest(path) <= older_than.timestamp()]
        if not left:
            return Swept()
        with self.tables.lease_if_free(write_id) as free:
            if not free or self.is_open(write_id):
                return Swept()
            if not live and _is_in(now, write_id):
                left = list(_leftovers(folder))
            found = self._drop(left)
            if not self.dry_run:
                _remove_empty(folder)
                failpoint(Failpoint.CARE_SWEPT)
            self._lock_of(write_id).unlink(missing_ok=True)
            return found

    def _sweep_locks(self, older_than: datetime) -> None:
        for file in () if self.dry_run else self.tables.locks.glob("*.lock"):
            with suppress(FileNotFoundError):
                if file.stat().st_mtime <= older_than.timestamp() and not self.is_open(file.stem):
                    let_go(file)

    def _drop(self, paths: Iterable[Path]) -> Swept:
        total = Swept()
        for path in paths:
            files = [one for one in (path, *path.rglob("*")) if one.is_file()]
            total += Swept(len(files), sum(one.stat().st_size for one in files))
            if self.dry_run:
                continue
            if path.is_dir():
                rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
        return total


def _is_in(now: Snapshot | None, write_id: str) -> bool:
    """Say whether a write is in the table: then its files are a version's, and vacuum's to take."""
    return now is not None and now.handle.transaction_version(app_id(write_id)) is not None


def _leftovers(folder: Path) -> Iterator[Path]:
    """Yield what a committed write does not need: all but the files that it committed."""
    yield from (path for path in folder.iterdir() if path.name not in {KEPT, CARRIED})


def _newest(path: Path) -> float:
    times = []
    for one in (path, *path.rglob("*")):
        with suppress(FileNotFoundError):
            times.append(one.stat().st_mtime)
    return max(times, default=math.inf)


def _remove_empty(folder: Path) -> None:
    """Remove folders that hold no file any more, from the inside out."""
    for path in sorted((folder, *folder.rglob("*")), reverse=True):
        with suppress(OSError):  # it is a file, or it holds one
            path.rmdir()
