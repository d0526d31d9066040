"""Reads the event log behind a cursor and applies what follows: incidents, alerts, lineage."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from dq_monitor.failpoints import Failpoint, failpoint
from dq_monitor.incidents import plan_incidents
from dq_monitor.model.event import BatchCommitted, Event, Recorded, WriteRejected
from dq_monitor.model.incident import Incident
from dq_monitor.model.outbox import Changes, LineageRow, Outgoing, OutgoingKind
from dq_monitor.ports import EventLog
from dq_monitor.reports import Audience, report_of

INCIDENTS = "incidents"
LINEAGE = "lineage"

_SPACE = uuid.uuid5(uuid.NAMESPACE_URL, "dq-monitor/lineage")

Plan = Callable[[Recorded, datetime], Changes]


class Cursors(Protocol):
    """How far each follower has read; the store keeps it."""

    def position(self, follower: str) -> int:
        """Return the place of the last event that the follower has dealt with; 0 at first."""
        ...

    def advance(self, follower: str, seq: int, changes: Changes) -> None:
        """Apply `changes` and move the cursor in one transaction; known keys are passed over."""
        ...


class WriteEvents(Protocol):
    """The log, asked for one write."""

    def write_events(self, write_id: str) -> Sequence[Event]:
        """Return all that is known of one write, in order."""
        ...


class OpenIncidents(Protocol):
    """The incidents that are not resolved."""

    def current(self, table: str) -> Sequence[Incident]:
        """Return those of one table."""
        ...


def follow(
    log: EventLog, cursors: Cursors, name: str, plan: Plan, now: datetime, *, limit: int = 100
) -> int:
    """Deal with up to `limit` events after the follower's cursor; return how many were read.

    An event's changes and the cursor are written together, so a crash repeats an event's plan but
    never its effect. Events that change nothing move the cursor with the next one that does.
    """
    place = done = cursors.position(name)
    events = log.read(place, limit)
    for recorded in events:
        changes = plan(recorded, now)
        place = recorded.seq
        if changes != Changes():
            cursors.advance(name, place, changes)
            failpoint(Failpoint.FOLLOWED)
            done = place
    if place != done:
        cursors.advance(name, place, Changes())
    return len(events)


def incident_plan(log: WriteEvents, incidents: OpenIncidents, told: Audience) -> Plan:
    """Return the plan that opens, repeats and resolves incidents and queues alerts for them."""

    def plan(recorded: Recorded, now: datetime) -> Changes:
        event = recorded.event
        of_write: Sequence[Event] = ()
        if isinstance(event, BatchCommitted | WriteRejected):
            of_write = log.write_events(event.write_id)
        report = report_of(event, of_write, told)
        if report is None:
            return Changes()
        return plan_incidents(report, incidents.current(report.subject.table), told, now)

    return plan


def lineage_plan(
    translate: Callable[[Event], Sequence[LineageRow]], channel: str = LINEAGE
) -> Plan:
    """Return the plan that keeps each OpenLineage event and, unless `channel` is empty, sends it.

    Events of one run leave in order: START before COMPLETE.
    """

    def plan(recorded: Recorded, now: datetime) -> Changes:
        rows = tuple(translate(recorded.event))
        outgoing = tuple(_emission(row, channel, now) for row in rows) if channel else ()
        return Changes(outgoing=outgoing, lineage=rows)

    return plan


def _emission(row: LineageRow, channel: str, now: datetime) -> Outgoing:
    parts = (channel, row.run_id, row.job, row.event_type, row.at.isoformat())
    key = str(uuid.uuid5(_SPACE, "\0".join(parts)))
    return Outgoing(key, OutgoingKind.LINEAGE, channel, row.payload, now, group=row.run_id)
