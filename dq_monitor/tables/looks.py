"""The tables of one write, opened once each: an opening replays the log, which is slow."""

from __future__ import annotations

from dq_monitor.tables.delta import DeltaTables
from dq_monitor.tables.snapshot import Snapshot


class Looks:
    """What one attempt at a write has seen of its tables.

    A table that was seen stays as it was seen, so that all of an audit rests on one version. The
    commit takes it over and renews it: it looks at the table as that is then.
    """

    def __init__(self, tables: DeltaTables) -> None:
        self._tables = tables
        self._seen: dict[str, Snapshot | None] = {}

    def at(self, table: str) -> Snapshot | None:
        """Return the table as of the first look; None when there was none."""
        if table not in self._seen:
            self._seen[table] = self._tables.look(table)
        return self._seen[table]

    def take(self, table: str) -> Snapshot | None:
        """Hand over what was seen of a table, and forget it; None when nothing was."""
        return self._seen.pop(table, None)
