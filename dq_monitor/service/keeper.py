"""Takes care of each table at the slots that its pack asks for, each slot once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from dq_monitor.care import Caretaker, care_id, each
from dq_monitor.model.care import Care
from dq_monitor.model.event import TableMaintained
from dq_monitor.model.pack import Pack
from dq_monitor.schedule import due


@dataclass(frozen=True, slots=True)
class Kept:
    """A guarded table, and how it and its quarantine are kept in shape."""

    table: str
    care: Care

    @property
    def name(self) -> str:
        """Return the job's name, such as `care of silver.flights`."""
        return f"care of {self.table}"


def kept(packs: Mapping[str, Pack]) -> tuple[Kept, ...]:
    """Return what the packs want kept in shape."""
    return tuple(Kept(pack.table, pack.care) for pack in packs.values() if pack.care)


class Keeper:
    """Does what is due. The store remembers which slots were taken, over any restart."""

    def __init__(
        self, packs: Mapping[str, Pack], caretaker: Caretaker, done: Callable[[str], bool]
    ) -> None:
        """`done` says whether the store holds the care of this id."""
        self.jobs = kept(packs)
        self._caretaker = caretaker
        self._done = done
        self._last: dict[str, datetime] = {}

    def look(self, job: Kept, now: datetime) -> tuple[TableMaintained, ...]:
        """Take care at the latest slot, if nobody has; slots that were slept through are one."""
        slot = due(job.care.at, self._last.get(job.table), now)
        if slot is None:
            return ()
        done = tuple(self._look_after(job, slot))
        self._last[job.table] = slot
        return done

    def _look_after(self, job: Kept, slot: datetime) -> Iterator[TableMaintained]:
        for table, care in each(job.table, job.care):
            known = self._done(care_id(table, slot))
            if self._caretaker.tables.exists(table) and not known:
                yield self._caretaker.look_after(table, care, slot)
