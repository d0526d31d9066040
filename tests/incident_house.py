"""A log, a store in memory and the incident follower between them, with facts to tell it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from dq_monitor.followers import INCIDENTS, follow, incident_plan
from dq_monitor.message import from_json
from dq_monitor.model.check import Kind
from dq_monitor.model.event import (
    Event,
    Origin,
    StepBroke,
    TableAudited,
    WriteJudged,
    WriteRejected,
)
from dq_monitor.model.incident import Incident, IncidentState, Message
from dq_monitor.model.outbox import Changes, LineageRow, Outgoing
from dq_monitor.model.pack import Pack
from dq_monitor.model.verdict import Counts, Decision, Finding, Status, Verdict
from dq_monitor.reports import Audience
from dq_monitor.store.memory import MemoryLog

START = datetime(2013, 1, 1, 6, tzinfo=UTC)
DAY = timedelta(days=1)
TABLE = "silver.flights"
PACK = Pack(name=TABLE, table=TABLE, fingerprint="f", owner="flight-ops")
CHAT = Audience({"chat": Status.FAIL}, {TABLE: PACK}, "http://dq.example")


class MemoryStore:
    """Cursors, incidents and outbox as the store keeps them, in dictionaries."""

    def __init__(self) -> None:
        self.places: dict[str, int] = {}
        self.incidents: dict[str, Incident] = {}
        self.outgoing: dict[str, Outgoing] = {}
        self.lineage: list[LineageRow] = []

    def position(self, follower: str) -> int:
        return self.places.get(follower, 0)

    def advance(self, follower: str, seq: int, changes: Changes) -> None:
        self.places[follower] = seq
        self.incidents |= {incident.id: incident for incident in changes.incidents}
        self.outgoing = {one.key: one for one in changes.outgoing} | self.outgoing
        self.lineage += changes.lineage

    def current(self, table: str) -> Sequence[Incident]:
        resolved = IncidentState.RESOLVED
        return [one for one in self.incidents.values() if one.state is not resolved]


class House:
    """A log, a store and the incident follower between them."""

    def __init__(self, told: Audience = CHAT) -> None:
        self.log = MemoryLog()
        self.store = MemoryStore()
        self.told = told

    def tell(self, *events: Event) -> list[Message]:
        """Append, follow, and return the messages that this queued."""
        known = set(self.store.outgoing)
        for event in events:
            self.log.append(event)
        self.catch_up()
        queued = [one for key, one in self.store.outgoing.items() if key not in known]
        return [from_json(one.payload) for one in queued]

    def catch_up(self) -> None:
        plan = incident_plan(self.log, self.store, self.told)
        while follow(self.log, self.store, INCIDENTS, plan, START, limit=3):
            pass

    def incident(self, rule_id: str) -> Incident:
        (found,) = (one for one in self.store.incidents.values() if one.rule_id == rule_id)
        return found

    def set_state(self, rule_id: str, **changes: Any) -> None:
        found = self.incident(rule_id)
        self.store.incidents[found.id] = replace(found, **changes)


def finding(rule_id: str, status: Status, segment: str = "") -> Finding:
    return Finding(
        rule_id,
        "in_range",
        Kind.ROW,
        status,
        "31 of 842 judged rows fail",
        segment=segment,
        expected="fail over 0",
    )


def verdict(subject: str, at: datetime, findings: Sequence[Finding], **changes: Any) -> Verdict:
    made = Verdict(
        id=f"verdict of {subject}",
        subject=subject,
        table=TABLE,
        pack=TABLE,
        fingerprint="f",
        status=Status.FAIL,
        decision=Decision.COMMIT,
        counts=Counts(842, 811, 31),
        judged_at=at,
        findings=tuple(findings),
    )
    return replace(made, **changes)


def judged(day: int, *findings: Finding, **changes: Any) -> WriteJudged:
    at = START + day * DAY
    origin = Origin(job="flights", run_id=f"run {day}", day=at.date())
    return WriteJudged(f"w{day}", TABLE, at, verdict(f"w{day}", at, findings, **changes), origin)


def audited(day: int, *findings: Finding) -> TableAudited:
    at = START + day * DAY
    return TableAudited(f"a{day}", TABLE, at, verdict(f"a{day}", at, findings))


def refused(day: int, *findings: Finding, reasons: tuple[str, ...]) -> list[Event]:
    write = judged(day, *findings, decision=Decision.REJECT, reasons=reasons)
    return [write, WriteRejected(write.write_id, TABLE, write.at, reasons)]


def broken(day: int, error: str) -> StepBroke:
    origin = Origin(job="flights", run_id="run")
    return StepBroke(origin, TABLE, START + day * DAY, error)
