"""Says which slots the log holds already, so that none is taken again after a restart."""

from __future__ import annotations

from sqlalchemy import Engine, select

from dq_monitor.store.access import reading
from dq_monitor.store.schema import event_log


def is_judged(engine: Engine, audit_id: str) -> bool:
    """Say whether the audit of this id was recorded."""
    return _is_known(engine, audit_id, "table_audited")


def is_cared_for(engine: Engine, care_id: str) -> bool:
    """Say whether the care of this id was recorded."""
    return _is_known(engine, care_id, "table_maintained")


def _is_known(engine: Engine, subject: str, kind: str) -> bool:
    query = select(event_log.c.seq).where(event_log.c.subject == subject, event_log.c.type == kind)
    with reading(engine) as connection:
        return connection.scalar(query) is not None
