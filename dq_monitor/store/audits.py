"""Says which audits the log holds already, so that a slot is not judged again after a restart."""

from __future__ import annotations

from sqlalchemy import Engine, select

from dq_monitor.store.access import reading
from dq_monitor.store.schema import event_log


def is_judged(engine: Engine, audit_id: str) -> bool:
    """Say whether the audit of this id was recorded."""
    query = select(event_log.c.seq).where(
        event_log.c.subject == audit_id, event_log.c.type == "table_audited"
    )
    with reading(engine) as connection:
        return connection.scalar(query) is not None
