"""Which writes were made, and of which versions of other tables: read off the event log."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace

from dq_monitor.model.event import BatchCommitted, Event, Origin, TableRolledBack, WriteStarted
from dq_monitor.model.table import WriteMode
from dq_monitor.ports import EventLog

AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Made:
    """A committed write: which version of which table it made, and of what; whether it counts."""

    table: str
    write_id: str
    version: int
    mode: WriteMode
    origin: Origin
    undone: bool = False

    @property
    def batch(self) -> tuple[str, str, str]:
        """Return what stays the same when it is made again; no key where nobody can do that."""
        return self.table, self.origin.pipeline, self.origin.key


@dataclass(frozen=True, slots=True)
class Back:
    """A rollback: as `version` the table is again what it was as version `target`."""

    table: str
    version: int
    target: int


def told_by(log: EventLog) -> Sequence[Made | Back]:
    """Return all committed writes and rollbacks in their order. Costs one read of the log."""
    started: dict[str, WriteStarted] = {}
    found: list[Made | Back] = []
    undone: set[str] = set()
    for event in _events(log):
        if isinstance(event, WriteStarted):
            started[event.write_id] = event
        elif isinstance(event, BatchCommitted) and event.write_id in started:
            found.append(_made(event, started))
        elif isinstance(event, TableRolledBack):
            found.append(Back(event.table, event.version, event.rollback.target))
            undone |= {*event.rollback.undone_writes}
            undone -= {*event.rollback.redone_writes}
    return [
        replace(one, undone=one.write_id in undone) if isinstance(one, Made) else one
        for one in found
    ]


def built_from(done: Sequence[Made | Back], table: str, versions: Set[int]) -> tuple[Made, ...]:
    """Return the writes that read any of `versions` of a table, or what came of them.

    A table that holds rows of such a write is in question until it is overwritten from elsewhere or
    taken back: who reads it meanwhile may have read others of its rows, and is named all the same.
    """
    held: defaultdict[str, dict[int, bool]] = defaultdict(dict)
    found = []
    for one in done:
        if one.table == table:
            continue
        if isinstance(one, Back):
            held[one.table][one.version] = _holds(held[one.table], one.target)
            continue
        reads = ((d.name, d.version) for d in one.origin.inputs if d.version is not None)
        is_built = any(
            version in versions if name == table else _holds(held[name], version)
            for name, version in reads
        )
        if is_built:
            found.append(one)
        if is_built or one.mode is WriteMode.OVERWRITE:
            held[one.table][one.version] = is_built
    return tuple(found)


def _holds(held: Mapping[int, bool], version: int) -> bool:
    """Say whether a version holds rows in question, by what the last change before it says."""
    last = max((one for one in held if one <= version), default=None)
    return last is not None and held[last]


def _made(event: BatchCommitted, started: Mapping[str, WriteStarted]) -> Made:
    begun = started[event.write_id]
    origin, release = begun.origin, begun.origin.release
    sender = started.get(release.of) if release and release.whole else None
    if sender:  # whoever released a batch whole, it stays its sender's
        origin = replace(origin, pipeline=sender.origin.pipeline, key=sender.origin.key)
    return Made(event.table, event.write_id, event.version, begun.mode, origin)


def _events(log: EventLog) -> Iterator[Event]:
    place = 0
    while events := log.read(place, AT_ONCE):
        yield from (one.event for one in events)
        place = events[-1].seq
