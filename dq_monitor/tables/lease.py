"""Holds a write for one owner: a lock that the system frees when its process dies."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from dq_monitor.tables.unwritable import writing


@contextmanager
def hold(file: Path) -> Iterator[None]:
    """Hold `file` against other processes and other threads, waiting for whoever has it.

    A hold that ends well leaves no file; one that ends in an error or with the process does, and
    whoever takes it next finds the work half done.
    """
    with _locked(file, fcntl.LOCK_EX):
        yield
        file.unlink(missing_ok=True)


@contextmanager
def hold_if_free(file: Path) -> Iterator[bool]:
    """Hold `file` if nobody does; yields whether it was free."""
    with ExitStack() as held:
        try:
            held.enter_context(_locked(file, fcntl.LOCK_EX | fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
        else:
            yield True


def let_go(file: Path) -> None:
    """Remove the file of a lock that nobody holds; one that is held stays."""
    with hold_if_free(file) as free:
        if free:
            file.unlink(missing_ok=True)


def oldest_held(folder: Path, but: str) -> float | None:
    """Return since when the longest held lock of a folder may be held; one is our own."""
    since = [held_since(file) for file in folder.glob("*.lock") if file.stem != but]
    return min((at for at in since if at is not None), default=None)


def held_since(file: Path) -> float | None:
    """Return since when (seconds since 1970) a lock may be held; None when nobody holds it."""
    try:
        since = file.stat().st_mtime
        handle = os.open(file, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return since
    finally:
        os.close(handle)
    return None


@contextmanager
def _locked(file: Path, how: int) -> Iterator[None]:
    """Lock `file`; one that was unlinked while we waited for it locks nobody else out: again."""
    while True:
        with _opened(file) as handle:
            fcntl.flock(handle, how)
            if _is_at(handle, file):
                yield
                return


def _is_at(handle: int, file: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), file.stat())
    except FileNotFoundError:
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
