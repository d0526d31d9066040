"""The history checker for what leaves the house: every alert and lineage event, none invented."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

from sqlalchemy import select

from dq_monitor.app import App
from dq_monitor.followers import incident_plan, lineage_plan
from dq_monitor.lineage.translate import translate
from dq_monitor.model.event import Event
from dq_monitor.model.incident import Incident, IncidentState
from dq_monitor.model.outbox import DeliveryState, LineageRow, Outgoing, OutgoingKind
from dq_monitor.reports import audience
from dq_monitor.store.schema import outbox
from tests.acceptance.crash_house import tell
from tests.hook_server import HookServer

# A receiver that refuses one in three takes about three a round, and is then left alone.
ROUNDS = 200
PAUSE = timedelta(days=2)  # longer than any wait between attempts, and any lease


@dataclass
class Incidents:
    """The incidents that follow from the log, kept in memory."""

    known: dict[str, Incident] = field(default_factory=dict)

    def current(self, table: str) -> Sequence[Incident]:
        return [
            one
            for one in self.known.values()
            if one.table == table and one.state is not IncidentState.RESOLVED
        ]

    def apply(self, changed: Sequence[Incident]) -> None:
        self.known |= {one.id: one for one in changed}


def finish_telling(app: App) -> None:
    """Deliver until everything has left: the clock is moved past every wait and lease."""
    now = datetime.now(UTC)
    for turn in range(ROUNDS):
        tell(app, now + turn * PAUSE)
        if app.store.outbox.next_due() is None:
            return


def wrongly_told(app: App, hooks: HookServer) -> list[str]:
    """Return what was not told, was told though nothing happened, or still waits."""
    expected = {one.key: one for one in _expected(app)}
    with app.store.engine.connect() as connection:
        queued = {row.key: row.state for row in connection.execute(select(outbox))}
    heard = {request.headers.get("webhook-id", "") for request in hooks.taken}
    alerts = {key for key, one in expected.items() if one.kind is OutgoingKind.ALERT}
    found = [f"{expected[key].kind} {key} was never queued" for key in expected.keys() - queued]
    found += [f"delivery {key} follows from nothing" for key in queued.keys() - expected.keys()]
    found += [f"{key} is {state}" for key, state in queued.items() if state != DeliveryState.SENT]
    found += [f"alert {key} was never heard" for key in alerts - heard]
    found += [f"alert {key} follows from nothing" for key in heard - alerts]
    return found


def count_alerts(app: App) -> int:
    """Return how many alerts follow from the log."""
    return sum(one.kind is OutgoingKind.ALERT for one in _expected(app))


def _expected(app: App) -> Iterator[Outgoing]:
    incidents, log = Incidents(), app.store.log
    now = datetime.now(UTC)
    plans = (
        incident_plan(log, incidents, audience(app.settings, app.packs)),
        lineage_plan(partial(_translated, app)),
    )
    place = 0
    while events := log.read(place):
        for recorded in events:
            for plan in plans:
                changes = plan(recorded, now)
                incidents.apply(changes.incidents)
                yield from changes.outgoing
        place = events[-1].seq


def _translated(app: App, event: Event) -> Sequence[LineageRow]:
    write_id = getattr(event, "write_id", "")
    of_write = app.store.log.write_events(write_id) if write_id else ()
    return translate(event, of_write, namespace=app.settings.lineage.namespace, owners={})
