"""How each table stands: totals and last answers, counted up with each fact."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, update

from dq_monitor.model.event import BatchCommitted, WriteRejected
from dq_monitor.model.quarantine import ReleaseKind
from dq_monitor.model.verdict import SEVERITY, Status, Verdict
from dq_monitor.store.insert import add
from dq_monitor.store.schema import tables

_RELEASES = set(ReleaseKind)
_COUNTED = ("writes", "rejected", "rows_in", "kept", "quarantined", "dropped")


_BLANK: dict[str, Any] = {
    "pack": "",
    "rules": 0,
    **dict.fromkeys(_COUNTED, 0),
    "write_seq": 0,
    "write_status": Status.NOT_EVALUATED,
    "audit_seq": 0,
    "audit_status": Status.NOT_EVALUATED,
    "freshness": Status.NOT_EVALUATED,
}


def know(connection: Connection, table: str) -> None:
    """Make the table's row if it is new."""
    add(connection, tables, {"table_name": table, **_BLANK})


def note_rules(connection: Connection, verdict: Verdict) -> None:
    """Keep which pack judged the table last, and how many rules it has."""
    rules = len({finding.rule_id for finding in verdict.findings})
    _set(connection, verdict.table, pack=verdict.pack, rules=rules)


def note_audit(connection: Connection, seq: int, scope: str, verdict: Verdict) -> None:
    """Keep how the table's latest audit came out."""
    know(connection, verdict.table)
    if scope == "freshness":
        _set(connection, verdict.table, freshness=verdict.status)
        return
    _set(connection, verdict.table, audit_seq=seq, audit_status=verdict.status)
    note_rules(connection, verdict)


def count_commit(
    connection: Connection, seq: int, event: BatchCommitted, write: dict[str, Any]
) -> None:
    """Count a committed write in; of rows that came back from quarantine only the version is new.

    They were counted when they came first, and no batch of the table's was judged.
    """
    if write["mode"] in _RELEASES:
        _set(connection, event.table, version=event.version)
        return
    _set(
        connection,
        event.table,
        **_more(write),
        write_seq=seq,
        write_status=write["status"] or Status.NOT_EVALUATED,
        last_write_at=event.at,
        version=event.version,
    )


def count_rejection(
    connection: Connection, seq: int, event: WriteRejected, write: dict[str, Any]
) -> None:
    """Count a rejected write in; whatever its verdict, the table did not get its batch."""
    if write["mode"] in _RELEASES:
        return
    status = worst(Status(write["status"] or Status.NOT_EVALUATED), Status.FAIL)
    more = _more(write | {"rejected": 1})
    _set(connection, event.table, **more, write_seq=seq, write_status=status)


def worst(*statuses: Status) -> Status:
    """Return the worst of some statuses."""
    return max(statuses, key=SEVERITY.__getitem__)


def _more(write: dict[str, Any]) -> dict[str, ColumnElement[int]]:
    added = write | {"writes": 1}
    return {name: tables.c[name] + added[name] for name in _COUNTED if added.get(name)}


def _set(connection: Connection, table: str, **values: Any) -> None:
    connection.execute(update(tables).where(tables.c.table_name == table).values(**values))
