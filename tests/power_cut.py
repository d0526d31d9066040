"""Power that fails at a fact, before the log has kept it or after, or before a commit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dq_monitor.model.event import Event, Recorded
from dq_monitor.ports import EventLog
from dq_monitor.tables.delta import Commit, DeltaTables
from dq_monitor.tables.snapshot import Snapshot


class PowerCut(Exception):
    """The process ends here."""


class CutOff(DeltaTables):
    """Tables whose power fails before a commit to one of them."""

    at = ""

    def commit(self, table: str, commit: Commit, seen: Snapshot | None = None) -> int:
        if table == self.at:
            raise PowerCut
        return super().commit(table, commit, seen)


@dataclass(frozen=True)
class CuttingLog:
    """A log whose power fails when it is told of one type of fact: before or after it is kept."""

    log: EventLog
    at: str
    kept: bool

    def append(self, event: Event) -> int:
        if event.type == self.at and not self.kept:
            raise PowerCut
        place = self.log.append(event)
        if event.type == self.at:
            raise PowerCut
        return place

    def read(self, after: int, limit: int = 100) -> Sequence[Recorded]:
        return self.log.read(after, limit)

    def write_events(self, write_id: str) -> Sequence[Event]:
        return self.log.write_events(write_id)

    def open_writes(self) -> Sequence[str]:
        return self.log.open_writes()
