"""Sets how long a table's log and replaced files are kept, and how often it is summed up."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from dq_monitor.model.care import Care
from dq_monitor.tables.delta import PROPERTIES
from dq_monitor.tables.snapshot import Snapshot

OWN = "delta.setTransactionRetentionDuration"


def unlike(now: Snapshot, care: Care) -> Mapping[str, str]:
    """Return the properties that the table should have and has not; none for foreign tables.

    Replaced files must be remembered for as long as they are kept: what Delta has forgotten looks
    like a file that never belonged to the table. Only ever longer: past versions need them.
    """
    have = now.handle.metadata().configuration
    if OWN not in have:
        return {}
    wanted = {name: value for name, value in PROPERTIES.items() if value is not None}
    wanted["delta.checkpointInterval"] = str(care.checkpoint_every)
    wanted["delta.deletedFileRetentionDuration"] = _interval(care.vacuum.keep)
    return {name: value for name, value in wanted.items() if have.get(name) != value}


def commits_since_checkpoint(now: Snapshot) -> int:
    """Return how many commits must be read one by one to open the table."""
    last = Path(now.uri) / "_delta_log" / "_last_checkpoint"
    try:
        return now.version - int(json.loads(last.read_text(encoding="utf-8"))["version"])
    except (FileNotFoundError, KeyError, ValueError):
        return now.version + 1


def _interval(span: timedelta) -> str:
    return f"interval {int(span / timedelta(seconds=1))} seconds"
