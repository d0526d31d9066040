"""An event log and a metric history that live in memory, for tests and trials."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import reduce
from threading import Lock

from dq_monitor.model.event import Event, Recorded, WriteJudged
from dq_monitor.model.metric import Metric
from dq_monitor.store.facts import (
    ABANDONED,
    WRITE_TYPES,
    attempt_of,
    measured,
    subject_of,
    undone_by,
)

_FINAL = ("batch_committed", "write_rejected", "table_rolled_back")


class MemoryLog:
    """Keeps `ports.EventLog` in a list; what holds for the store's log holds for this one."""

    def __init__(self) -> None:
        self._events: list[Recorded] = []
        self._about: defaultdict[str, list[Recorded]] = defaultdict(list)
        self._lock = Lock()

    def append(self, event: Event) -> int:
        """Write `event`; return its place, the first one if it is known."""
        if event.at.tzinfo is None:
            raise ValueError(f"{event.type} at {event.at} has no timezone")
        with self._lock:
            place = self._place_of(event)
            if place is None:
                place = len(self._events) + 1
                self._events.append(Recorded(place, event))
                self._about[subject_of(event)].append(self._events[-1])
        return place

    def read(self, after: int, limit: int = 100) -> Sequence[Recorded]:
        """Return up to `limit` events with a place greater than `after`, in order."""
        return self._events[max(after, 0) :][:limit]

    def write_events(self, write_id: str) -> Sequence[Event]:
        """Return all that is known of one write, in order; empty when it is new."""
        about = self._about.get(write_id, ())
        return [one.event for one in about if one.event.type in WRITE_TYPES]

    def open_writes(self) -> Sequence[str]:
        """Return the ids of writes that have started and have no outcome yet, oldest first."""
        still_open: dict[str, None] = {}
        settled = set()
        for one in self._events:
            subject, kind = subject_of(one.event), one.event.type
            if kind in _FINAL:
                settled.add(subject)
            if kind in _FINAL or kind == ABANDONED:
                still_open.pop(subject, None)
            elif kind in WRITE_TYPES and subject not in settled:
                still_open.setdefault(subject)
        return list(still_open)

    def _place_of(self, event: Event) -> int | None:
        about = self._about.get(subject_of(event), ()) if subject_of(event) else ()
        kinds = [one.event.type for one in about]
        attempt = attempt_of(kinds, event.type)
        for number, one in enumerate(about):
            known = attempt_of(kinds[:number], one.event.type)
            if (one.event.type, known) == (event.type, attempt):
                return one.seq
        return None


class MemoryHistory:
    """Keeps `ports.MetricHistory`: the metrics it is given, and those of a log's events."""

    def __init__(self, log: MemoryLog | None = None, metrics: Iterable[Metric] = ()) -> None:
        self._log = log
        self._metrics = tuple(metrics)

    def before(
        self, table: str, metric: str, segment: str, at: datetime, limit: int
    ) -> Sequence[Metric]:
        """Return the last `limit` measurements strictly before `at`, oldest first."""
        wanted = (table, metric, segment)
        found = [
            one
            for one in self._all()
            if (one.table, one.name, one.segment) == wanted and one.at < at
        ]
        found.sort(key=lambda one: one.at)
        return found[-limit:] if limit > 0 else []

    def _all(self) -> Iterable[Metric]:
        yield from self._metrics
        if self._log is not None:
            events = [recorded.event for recorded in self._log.read(after=0, limit=2**31)]
            undone = reduce(lambda known, event: undone_by(event, known), events, frozenset[str]())
            for event in events:
                if not (isinstance(event, WriteJudged) and event.write_id in undone):
                    yield from measured(event)
