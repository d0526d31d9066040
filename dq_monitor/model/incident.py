"""An incident is a failure that people deal with; a message is what they are told of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from dq_monitor.model.verdict import Status


class IncidentState(StrEnum):
    """How far people are with it."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    MUTED = "muted"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Incident:
    """A failure of one rule; one per (table, rule, segment) until it is resolved.

    `muted_until` is when a muted one begins to speak again.
    """

    id: str
    table: str
    rule_id: str
    segment: str
    state: IncidentState
    severity: Status
    title: str
    opened_at: datetime
    last_seen_at: datetime
    times_seen: int = 1
    owner: str = ""
    muted_until: datetime | None = None


class Occasion(StrEnum):
    """Why a message is sent: failures that are news, failures that are over, or a trial."""

    OPENED = "opened"
    RESOLVED = "resolved"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Concern:
    """One incident that a message speaks of, and how its rule stands now."""

    incident: str
    rule: str
    segment: str
    status: Status


@dataclass(frozen=True, slots=True)
class Message:
    """What a channel sends: plain text in parts, escaped by the channel for its own markup.

    `key` stays the same over retries, so a receiver can drop what it has already seen; `concerns`
    are all incidents it is about, also those that `lines` has no room for.
    """

    key: str
    title: str
    status: Status
    table: str
    lines: tuple[str, ...]
    at: datetime
    link: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    occasion: Occasion = Occasion.OPENED
    concerns: tuple[Concern, ...] = ()
