"""Audits each table at the slots its pack asks for, each slot once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from dq_monitor.audit import AuditScope, audit_freshness, audit_id, audit_table
from dq_monitor.model.event import TableAudited
from dq_monitor.model.pack import Pack
from dq_monitor.ports import EventLog
from dq_monitor.schedule import due, trigger
from dq_monitor.states.memory import Memory
from dq_monitor.tables.delta import DeltaTables


@dataclass(frozen=True, slots=True)
class Watched:
    """One thing to look at on a schedule: a table's freshness, or all of it."""

    table: str
    scope: AuditScope
    cron: str

    @property
    def name(self) -> str:
        """Return the job's name, such as `freshness of silver.flights`."""
        return f"{self.scope} of {self.table}"


def watched(packs: Mapping[str, Pack]) -> tuple[Watched, ...]:
    """Return what the packs want looked at; raise PackInvalid for a schedule that is no cron."""
    checks = tuple(check for pack in packs.values() for check in _of(pack))
    for check in checks:
        trigger(check.cron)
    return checks


def _of(pack: Pack) -> Iterable[Watched]:
    if pack.freshness is not None:
        yield Watched(pack.table, "freshness", pack.schedule.freshness)
    if pack.schedule.audit:
        yield Watched(pack.table, "full", pack.schedule.audit)


class Watch:
    """Judges what is due. The store remembers which slots were judged, over any restart."""

    def __init__(
        self,
        packs: Mapping[str, Pack],
        tables: DeltaTables,
        log: EventLog,
        judged: Callable[[str], bool],
        *,
        memory: Memory | None = None,
    ) -> None:
        """`judged` says whether the store holds the audit of this id.

        With `memory` full audits read only the files that were not asked before.
        """
        self.checks = watched(packs)
        self._packs = packs
        self._tables = tables
        self._log = log
        self._judged = judged
        self._memory = memory
        self._last: dict[Watched, datetime] = {}

    def look(self, check: Watched, now: datetime) -> TableAudited | None:
        """Audit the latest slot of `check` if nobody has; return what was recorded for it."""
        slot = due(check.cron, self._last.get(check), now)
        if slot is None:
            return None
        event = None
        if not self._judged(audit_id(check.table, check.scope, slot)):
            event = self._audit(check, now, slot)
        self._last[check] = slot
        return event

    def _audit(self, check: Watched, now: datetime, slot: datetime) -> TableAudited:
        pack = self._packs[check.table]
        if check.scope == "freshness":
            return audit_freshness(pack, self._tables, self._log, now, slot=slot)
        return audit_table(pack, self._tables, self._log, now, slot=slot, memory=self._memory)
