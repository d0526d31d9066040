"""The files that could not be read and are still waited for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, func, select

from dq_monitor.model.event import StepBroke, UnreadableFile
from dq_monitor.store.codec import decode
from dq_monitor.store.schema import event_log, word, writes

RECENT = 50_000  # facts of the log that are looked through: their type is no key of it


@dataclass(frozen=True, slots=True)
class UnreadableRow:
    """A file that the step which writes `table` could not read, newest first in lists."""

    table: str
    at: datetime
    day: date | None
    file: UnreadableFile


def unreadable_files(connection: Connection, limit: int) -> Sequence[UnreadableRow]:
    """Return the latest of each, but those whose table got a batch of the same day afterwards."""
    newest = select(func.max(event_log.c.seq)).scalar_subquery()
    query = (
        select(event_log.c.seq, event_log.c.payload)
        .where(event_log.c.seq > newest - RECENT, event_log.c.type == word("step_broke"))
        .order_by(event_log.c.seq.desc())
    )
    found: dict[tuple[str, str], UnreadableRow] = {}
    for row in connection.execute(query):
        event = decode(row.payload)
        if not isinstance(event, StepBroke) or event.unreadable is None or len(found) == limit:
            continue
        key = (event.table, event.unreadable.path)
        if key not in found and not _came(connection, event, row.seq):
            found[key] = UnreadableRow(event.table, event.at, event.origin.day, event.unreadable)
    return [*found.values()]


def _came(connection: Connection, event: StepBroke, seq: int) -> bool:
    """Say whether the table got the batch in the end."""
    day = writes.c.day.is_(None) if event.origin.day is None else writes.c.day == event.origin.day
    query = select(func.count()).where(
        writes.c.table_name == event.table,
        writes.c.outcome == word("committed"),
        writes.c.settled_seq > seq,
        day,
    )
    return bool(connection.execute(query).scalar())
