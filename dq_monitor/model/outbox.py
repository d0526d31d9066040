"""What has to leave the house: queued in the store, delivered at least once, under a stable key."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from dq_monitor.model.incident import Incident


class OutgoingKind(StrEnum):
    """What is delivered: an alert to people, or a lineage event to a backend."""

    ALERT = "alert"
    LINEAGE = "lineage"


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    SENT = "sent"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One thing to deliver to one receiver. `payload` is JSON text.

    Deliveries of one `group` (an OpenLineage run) leave in order: a later one waits for the one
    before it. `key` is unique: putting the same key twice queues it once.
    """

    key: str
    kind: OutgoingKind
    channel: str
    payload: str
    due_at: datetime
    group: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A claimed row of the outbox; `attempts` counts the failed ones so far."""

    id: int
    outgoing: Outgoing
    attempts: int


@dataclass(frozen=True, slots=True)
class LineageRow:
    """One OpenLineage event as kept in the store. `payload` is the event's JSON text."""

    run_id: str
    event_type: str
    job: str
    at: datetime
    payload: str


@dataclass(frozen=True, slots=True)
class Changes:
    """What a follower wants written for one event: applied with its cursor in one transaction."""

    outgoing: tuple[Outgoing, ...] = ()
    incidents: tuple[Incident, ...] = ()
    lineage: tuple[LineageRow, ...] = ()
