"""Holds a write for one owner: a lock on a file, freed by the system when its process dies."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from dq_monitor.errors import UsageError
from dq_monitor.model.lease import Standing
from dq_monitor.tables.unwritable import writing


@dataclass(frozen=True, slots=True)
class FileLeases:
    """Leases of all processes that see one folder of a local disk."""

    folder: Path

    @contextmanager
    def hold(self, name: str) -> Iterator[None]:
        """Hold a name against other processes and other threads, waiting for whoever has it.

        A hold that ends well leaves no file; one that ends in an error or with the process does,
        and whoever takes it next finds the work half done.
        """
        file = self._file(name)
        with _locked(file, fcntl.LOCK_EX):
            yield
            file.unlink(missing_ok=True)

    @contextmanager
    def hold_if_free(self, name: str) -> Iterator[bool]:
        """Hold a name if nobody does; yields whether it was free."""
        file = self._file(name)
        with ExitStack() as held:
            try:
                held.enter_context(_locked(file, fcntl.LOCK_EX | fcntl.LOCK_NB))
            except BlockingIOError:
                yield False
            else:
                yield True
                file.unlink(missing_ok=True)

    def confirm(self, name: str) -> None:
        """Do nothing: the system takes no lock away from a process that lives."""

    def standing(self) -> Sequence[Standing]:
        """Return the locks whose files are there; to hold one if it is free takes its file away."""
        found = [_standing(file) for file in sorted(self.folder.glob("*.lock"))]
        return [one for one in found if one]

    def _file(self, name: str) -> Path:
        return self.folder / f"{name}.lock"


@dataclass(frozen=True, slots=True)
class NoLeases:
    """None: tables that are only read."""

    root: str

    def hold(self, name: str) -> AbstractContextManager[None]:
        """Raise UsageError."""
        raise self._refused(name)

    def hold_if_free(self, name: str) -> AbstractContextManager[bool]:
        """Raise UsageError."""
        raise self._refused(name)

    def confirm(self, name: str) -> None:
        """Do nothing."""

    def standing(self) -> Sequence[Standing]:
        """Raise UsageError."""
        raise self._refused("a look at the leases")

    def _refused(self, name: str) -> UsageError:
        return UsageError(
            f"{name}: {self.root} was opened without leases", fix="open it with open_app"
        )


def _standing(file: Path) -> Standing | None:
    try:
        since = file.stat().st_mtime
        handle = os.open(file, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return Standing(file.stem, since, held=True)
    finally:
        os.close(handle)
    return Standing(file.stem, since, held=False)


@contextmanager
def _locked(file: Path, how: int) -> Iterator[None]:
    while True:
        with _opened(file) as handle:
            fcntl.flock(handle, how)
            if _is_still(file, handle):
                yield
                return


def _is_still(file: Path, handle: int) -> bool:
    """Say whether an open file still has its name: the owner before has deleted what we waited for.

    The next one would make it anew, and hold it beside us.
    """
    with suppress(FileNotFoundError):
        return os.path.samestat(file.stat(), os.fstat(handle))
    return False


@contextmanager
def _opened(file: Path) -> Iterator[int]:
    """Open the file anew each time: the lock belongs to the opening, so threads exclude too."""
    with writing(file.parent):
        file.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(file, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        yield handle
    finally:
        os.close(handle)
