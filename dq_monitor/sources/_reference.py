"""Keeps a file that cannot be read by reference: where it lies, and what it holds."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from dq_monitor.errors import DqmError, SourceUnreadable
from dq_monitor.model.event import UnreadableFile
from dq_monitor.sources._files import digest, find


def reference_to(error: DqmError) -> UnreadableFile | None:
    """Return the reference to the file that `error` speaks of; None where it speaks of no file.

    It stays where it lies: a copy would double what nobody can use. Of the files of a glob they
    are all meant.
    """
    if not isinstance(error, SourceUnreadable) or not error.path:
        return None
    reason = error.detail.removeprefix(f"{error.path}: ")
    try:
        files = find(error.path)
        path = str(Path(error.path).absolute())
        size = sum(file.stat().st_size for file in files)
    except (DqmError, OSError, ValueError):
        return UnreadableFile(error.path, 0, "", reason)
    return UnreadableFile(path, size, _content(files), reason)


def _content(files: Sequence[Path]) -> str:
    """Return the SHA-256 of a file, or that of the digests of all; empty where one is not read."""
    try:
        digests = [digest(file) for file in files]
    except OSError:
        return ""
    return (
        digests[0] if len(digests) == 1 else hashlib.sha256(" ".join(digests).encode()).hexdigest()
    )
