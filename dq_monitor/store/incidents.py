"""Failures that people deal with: what is open, and what people said of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, case, select, update

from dq_monitor.errors import UnknownName
from dq_monitor.model.incident import Incident, IncidentState
from dq_monitor.store.access import changed, reading, writing
from dq_monitor.store.insert import insert_into
from dq_monitor.store.rows import incident_of
from dq_monitor.store.schema import incidents, word


class Incidents:
    """What people do with incidents; followers open and resolve them through `Cursors.advance`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def current(self, table: str) -> Sequence[Incident]:
        """Return the table's incidents that are not resolved, oldest first."""
        query = (
            select(incidents)
            .where(incidents.c.table_name == table, incidents.c.state != word("resolved"))
            .order_by(incidents.c.opened_at, incidents.c.id)
        )
        with reading(self._engine) as connection:
            return [incident_of(row) for row in connection.execute(query)]

    def acknowledge(self, incident_id: str, by: str) -> None:
        """Say that someone looks into it: it stays open and is not told again."""
        self._change(incident_id, state=IncidentState.ACKNOWLEDGED, acknowledged_by=by)

    def mute(self, incident_id: str, until: datetime) -> None:
        """Tell nobody of it before `until`."""
        self._change(incident_id, state=IncidentState.MUTED, muted_until=until)

    def resolve(self, incident_id: str, now: datetime) -> None:
        """Close it by hand; the next failure opens a new one."""
        self._change(incident_id, state=IncidentState.RESOLVED, resolved_at=now)

    def _change(self, incident_id: str, **values: Any) -> None:
        """Write what someone said; a resolved incident stays resolved."""
        is_it = incidents.c.id == incident_id
        is_open = incidents.c.state != IncidentState.RESOLVED
        statement = update(incidents).where(is_it, is_open).values(**values)
        with writing(self._engine) as connection:
            if not changed(connection, statement):
                raise UnknownName(
                    f"open incident {incident_id!r}", fix="take an id from `dqm incidents`"
                )


def upsert(connection: Connection, incident: Incident) -> None:
    """Write an incident by its id within the caller's transaction.

    A follower does not undo what someone said since it looked: unless it resolves the incident,
    acknowledged stays acknowledged, and muted stays muted until its time is over.
    """
    row = _row(incident)
    statement = insert_into(connection, incidents).values(id=incident.id, **row)
    new = statement.excluded
    unresolved = new.state != IncidentState.RESOLVED
    muted = incidents.c.state == IncidentState.MUTED
    still_muted = unresolved & muted & (incidents.c.muted_until > new.last_seen_at)
    said = still_muted | (unresolved & (incidents.c.state == IncidentState.ACKNOWLEDGED))
    kept = {
        "state": case((said, incidents.c.state), else_=new.state),
        "muted_until": case((still_muted, incidents.c.muted_until), else_=new.muted_until),
    }
    connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=row | kept))


def _row(incident: Incident) -> dict[str, Any]:
    resolved = incident.state == IncidentState.RESOLVED
    return {
        "table_name": incident.table,
        "rule_id": incident.rule_id,
        "segment": incident.segment,
        "state": incident.state,
        "severity": incident.severity,
        "title": incident.title,
        "opened_at": incident.opened_at,
        "last_seen_at": incident.last_seen_at,
        "times_seen": incident.times_seen,
        "owner": incident.owner,
        "muted_until": incident.muted_until,
        "resolved_at": incident.last_seen_at if resolved else None,
    }
