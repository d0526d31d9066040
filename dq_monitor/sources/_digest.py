"""The digest of all files that a step reads, to tell a delivery from the one before it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from dq_monitor.errors import DqmError
from dq_monitor.sources._files import digest, find


def files_digest(paths: Iterable[str]) -> str:
    """Return the SHA-256 of what the files at `paths` hold, under whatever names.

    Empty where one of them is no local file, or is there no more: nothing can be said then.
    """
    try:
        digests = [digest(file) for path in paths for file in find(path)]
    except (DqmError, OSError):
        return ""
    if not digests:
        return ""
    return f"files-sha256:{hashlib.sha256(' '.join(digests).encode()).hexdigest()}"
