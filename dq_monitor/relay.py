"""Carries facts on: followers behind the event log, then what they queued out of the house."""

from __future__ import annotations

import os
import random
import socket
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial

from dq_monitor.app import App
from dq_monitor.delivery import Courier, Receivers, Tally, open_channels
from dq_monitor.followers import (
    INCIDENTS,
    LINEAGE,
    Plan,
    follow,
    incident_plan,
    lineage_plan,
)
from dq_monitor.lineage.translate import translate
from dq_monitor.model.event import BatchCommitted, Event, WriteAbandoned, WriteRejected
from dq_monitor.model.outbox import LineageRow
from dq_monitor.ports import Emitter
from dq_monitor.registry import plug
from dq_monitor.reports import audience
from dq_monitor.settings import LineageSettings

FOLLOWERS = (INCIDENTS, LINEAGE)
_OUTCOMES = (BatchCommitted, WriteRejected, WriteAbandoned)


class Relay:
    """The followers and the courier of one process. Any of them may stop; what it missed waits."""

    def __init__(self, app: App) -> None:
        """Make the channels and emitters of the settings; raise for one that is set wrongly."""
        self._app = app
        self._plans: Mapping[str, Plan] = {
            INCIDENTS: incident_plan(
                app.store.log, app.store.incidents, audience(app.settings, app.packs)
            ),
            LINEAGE: lineage_plan(
                partial(_translated, app), "" if app.settings.lineage.kind == "none" else LINEAGE
            ),
        }
        self._courier = Courier(
            app.store.outbox,
            Receivers(open_channels(app.settings.channels), _emitters(app.settings.lineage)),
            owner=f"{socket.gethostname()}:{os.getpid()}",
            rng=random.SystemRandom(),
        )

    def follow(self, name: str, now: datetime) -> int:
        """Bring one follower to the end of the log; return how many events it read."""
        store, plan, read = self._app.store, self._plans[name], 0
        while more := follow(store.log, store.cursors, name, plan, now):
            read += more
        return read

    def deliver(self, now: datetime, patience: float | None = None) -> Tally:
        """Deliver what is due; `patience` is how many seconds to wait for slow receivers."""
        return self._courier.deliver_due(now, patience)

    def settle(self, now: datetime, patience: float | None = None) -> Tally:
        """Bring every follower to the end of the log and deliver what came of it."""
        for name in FOLLOWERS:
            self.follow(name, now)
        return self.deliver(now, patience)

    def close(self) -> None:
        """Stop delivering; what was not attempted becomes due again when its lease ends."""
        self._courier.close()


def _translated(app: App, event: Event) -> Sequence[LineageRow]:
    of_write = app.store.log.write_events(event.write_id) if isinstance(event, _OUTCOMES) else ()
    return translate(
        event,
        of_write,
        namespace=app.settings.lineage.namespace,
        owners={table: pack.owner for table, pack in app.packs.items() if pack.owner},
    )


def _emitters(settings: LineageSettings) -> Mapping[str, Emitter]:
    if settings.kind == "none":
        return {}
    return {LINEAGE: plug("dq_monitor.lineage.emitters", settings.kind, "emitter")(settings)}
