"""Holds a write for one owner: a lock that the system frees when its process dies."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dq_monitor.tables.unwritable import writing


@contextmanager
def hold(file: Path) -> Iterator[None]:
    """Hold `file` against other processes and other threads, waiting for whoever has it.

    A hold that ends well leaves no file; one that ends in an error or with the process does, and
    whoever takes it next finds the work half done.
    """
    with _opened(file) as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
        file.unlink(missing_ok=True)


@contextmanager
def hold_if_free(file: Path) -> Iterator[bool]:
    """Hold `file` if nobody does; yields whether it was free."""
    with _opened(file) as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


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
