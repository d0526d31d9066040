"""How the tables stand now: their last answers together with their incidents."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Row

from dq_monitor.model.incident import IncidentState
from dq_monitor.model.verdict import Status
from dq_monitor.store.tally import worst

Incidents = Mapping[str, list[Row[Any]]]


def by_table(rows: Iterable[Row[Any]]) -> Incidents:
    """Sort the rows of `queries.current_incidents` by their table."""
    found: defaultdict[str, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        found[row.table_name].append(row)
    return found


def status_of(table: Row[Any], incidents: Iterable[Row[Any]]) -> Status:
    """Return the worst of the table's last answers and its incidents.

    An audit speaks only while no later write has settled. A muted incident does not speak:
    someone said that it may stay for now.
    """
    audited = table.audit_seq > table.write_seq
    return worst(
        Status(table.write_status),
        Status(table.audit_status) if audited else Status.NOT_EVALUATED,
        *(Status(row.severity) for row in incidents if row.state != IncidentState.MUTED),
    )
