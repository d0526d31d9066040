"""A table's versions beside their verdicts: who made them, what counts, what is readable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cached_property

from dq_monitor.model.rollback import ROLLBACK, Change
from dq_monitor.tables.ancestry import RESTORE, Entry, line, parents
from dq_monitor.tables.compaction import OPERATION
from dq_monitor.tables.logfiles import Step, steps
from dq_monitor.tables.restoring import BY, REASON
from dq_monitor.tables.snapshot import WRITE_ID, Snapshot

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Maker(StrEnum):
    """Who made a version: the gate, a rollback, upkeep that changes no row, or others unaudited."""

    GATE = "gate"
    ROLLBACK = "rollback"
    UPKEEP = "upkeep"
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class Version:
    """One version. `mode` is the gate's, or the operation as Delta calls it.

    `undone` says that nothing of it counts any more, `readable` that all its files are there.
    `restores` is the version that a rollback brought back.
    """

    number: int
    at: datetime
    maker: Maker
    mode: str
    added: int | None
    removed: int | None
    changes: bool
    readable: bool
    undone: bool
    write_id: str = ""
    verdict: str = ""
    pack: str = ""
    fingerprint: str = ""
    restores: int | None = None
    by: str = ""
    reason: str = ""

    @property
    def change(self) -> Change:
        """Return the version as an event names it."""
        return Change(self.number, self.write_id if self.maker is Maker.GATE else "")


@dataclass(frozen=True)
class Timeline:
    """All versions that the log of a table still has, oldest first."""

    table: str
    versions: tuple[Version, ...]
    parents: Mapping[int, int]

    @cached_property
    def by_number(self) -> Mapping[int, Version]:
        """Return the versions by number."""
        return {one.number: one for one in self.versions}

    @property
    def newest(self) -> Version:
        """Return the table as it is now."""
        return self.versions[-1]

    def line(self, version: int) -> list[Version]:
        """Return the versions whose changes make up `version`, newest first."""
        return [self.by_number[number] for number in line(version, self.parents)]

    def holding(self, numbers: Set[int]) -> set[int]:
        """Return the versions that hold what any of `numbers` changed."""
        found: set[int] = set()
        for number in self.by_number:
            if number in numbers or self.parents[number] in found:
                found.add(number)
        return found

    def changes(self, version: int) -> list[Version]:
        """Return those of the line that changed something by themselves, newest first.

        A write of which no row was kept is one: it has settled its batch.
        """
        return [
            v
            for v in self.line(version)
            if v.maker is Maker.GATE or (v.changes and v.maker is not Maker.ROLLBACK)
        ]


def timeline(table: str, now: Snapshot) -> Timeline:
    """Read a table's history; costs milliseconds for a hundred versions, and no row is read."""
    entries = sorted(now.log(), key=lambda one: int(one["version"]))
    known = parents(entries)
    done = steps(now.handle, now.storage_options)
    counted = set(line(now.version, known))
    unknown = Step(None, None, data=True, whole=False)
    versions = tuple(
        _version(one, done.get(int(one["version"]), unknown), counted, known) for one in entries
    )
    return Timeline(table, versions, known)


def _version(entry: Entry, step: Step, counted: set[int], known: Mapping[int, int]) -> Version:
    number, operation = int(entry["version"]), str(entry.get("operation", ""))
    maker = _maker(entry, operation, step)
    return Version(
        number=number,
        at=_EPOCH + timedelta(milliseconds=int(entry.get("timestamp", 0))),
        maker=maker,
        mode=str(entry.get("dq.mode") or entry.get(OPERATION) or operation.lower()),
        added=step.added,
        removed=step.removed,
        changes=step.data or step.columns,
        readable=step.whole,
        undone=number not in counted,
        write_id=_said(entry, WRITE_ID),
        verdict=_said(entry, "dq.verdict"),
        pack=_said(entry, "dq.pack"),
        fingerprint=_said(entry, "dq.fingerprint"),
        restores=known[number] if operation == RESTORE else None,
        by=_said(entry, BY),
        reason=_said(entry, REASON),
    )


def _said(entry: Entry, name: str) -> str:
    return str(entry.get(name) or "")


def _maker(entry: Entry, operation: str, step: Step) -> Maker:
    """Say who made a version: only a commit that carries a write id of ours went by the gate."""
    if entry.get("dq.mode") == ROLLBACK:
        return Maker.ROLLBACK
    if entry.get(WRITE_ID):
        return Maker.UPKEEP if entry.get(OPERATION) else Maker.GATE
    return Maker.OUTSIDE if step.data or operation == RESTORE else Maker.UPKEEP


def newest_before(versions: Sequence[Version], time: datetime) -> Version | None:
    """Return the table as it was just before `time`; None where it was not there yet."""
    return next((one for one in reversed(versions) if one.at < time), None)
