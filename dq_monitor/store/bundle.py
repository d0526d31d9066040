"""The store as one value, and how it is opened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Engine

from dq_monitor.store.connect import BUSY_TIMEOUT, connect
from dq_monitor.store.cursors import Cursors
from dq_monitor.store.history import SqlHistory
from dq_monitor.store.incidents import Incidents
from dq_monitor.store.log import SqlEventLog
from dq_monitor.store.migrate import migrate
from dq_monitor.store.outbox import Outbox
from dq_monitor.store.states import RuleStates
from dq_monitor.store.views import Views


@dataclass(frozen=True, slots=True)
class Store:
    """Everything that is kept in the database. Threads may share one; a process opens its own."""

    engine: Engine
    log: SqlEventLog
    history: SqlHistory
    outbox: Outbox
    incidents: Incidents
    cursors: Cursors
    views: Views
    states: RuleStates

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def open_store(url: str, *, busy_timeout: timedelta = BUSY_TIMEOUT) -> Store:
    """Open the store at `url`, making it or bringing it up to date where needed.

    `url` is `sqlite:///PATH` or `postgresql://USER:PASSWORD@HOST:PORT/DATABASE`. A lock held by
    another process is waited for `busy_timeout`, then StoreLocked is raised.
    """
    engine = connect(url, busy_timeout)
    try:
        migrate(engine)
    except BaseException:
        engine.dispose()
        raise
    return Store(
        engine=engine,
        log=SqlEventLog(engine),
        history=SqlHistory(engine),
        outbox=Outbox(engine),
        incidents=Incidents(engine),
        cursors=Cursors(engine),
        views=Views(engine),
        states=RuleStates(engine),
    )
