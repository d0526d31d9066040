"""Which tables were built from some versions of a table, near or far: read off the event log."""

from __future__ import annotations

from collections.abc import Iterator, Set

from dq_monitor.model.event import Origin, WriteStarted
from dq_monitor.ports import EventLog

AT_ONCE = 1_000


def built_from(log: EventLog, table: str, versions: Set[int]) -> tuple[str, ...]:
    """Return the tables that were written from any of `versions`, or from such tables since.

    Costs one read of the log. A step that read the table as of a version counts when a change that
    is in question was in it already: at that version or after it.
    """
    if not versions:
        return ()
    oldest, found = min(versions), dict[str, None]()
    for origin in _origins(log):
        output = origin.output.name if origin.output else ""
        if output == table or not output:
            continue
        reads = ((one.name, one.version) for one in origin.inputs)
        if any(
            name in found or (name == table and version is not None and version >= oldest)
            for name, version in reads
        ):
            found[output] = None
    return tuple(found)


def _origins(log: EventLog) -> Iterator[Origin]:
    place = 0
    while events := log.read(place, AT_ONCE):
        yield from (one.event.origin for one in events if isinstance(one.event, WriteStarted))
        place = events[-1].seq
