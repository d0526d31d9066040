"""Appends events to a file, one JSON line each, for several processes at a time."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Mapping
from pathlib import Path

from dq_monitor.errors import DeliveryFailed, SettingsInvalid
from dq_monitor.settings import LineageSettings

LINE_END = b"\n"


class FileEmitter:
    """JSON lines in the file that `lineage.target` names; its folder is made when it is missing."""

    def __init__(self, settings: LineageSettings) -> None:
        """Take the path; the file is opened for each event and may be moved away in between."""
        if not settings.target:
            raise SettingsInvalid("lineage.target is not set", fix="name a file for the events")
        self._path = Path(settings.target)

    def emit(self, event: Mapping[str, object]) -> None:
        """Append one event and force it to the disk; raise DeliveryFailed."""
        line = json.dumps(event, sort_keys=True, separators=(",", ":")).encode() + LINE_END
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
            try:
                _append(descriptor, line)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise DeliveryFailed(f"lineage file {self._path}: {error.strerror}") from error


def _append(descriptor: int, line: bytes) -> None:
    fcntl.flock(descriptor, fcntl.LOCK_EX)  # closing the descriptor releases it
    end = os.fstat(descriptor).st_size
    if end and os.pread(descriptor, 1, end - 1) != LINE_END:
        line = LINE_END + line  # a writer died inside its line: keep ours apart from it
    while line:
        line = line[os.write(descriptor, line) :]
    os.fsync(descriptor)
