"""Plans a rollback, does it, and settles one whose process died: a fact in the log for each."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from dq_monitor.errors import UnknownName, UsageError
from dq_monitor.failpoints import Failpoint, failpoint
from dq_monitor.model.event import (
    BatchCommitted,
    Event,
    RollbackStarted,
    TableRolledBack,
    WriteAbandoned,
    WriteRejected,
)
from dq_monitor.model.rollback import Rollback
from dq_monitor.ports import EventLog
from dq_monitor.tables.delta import DeltaTables, dataset_at
from dq_monitor.tables.restoring import restore
from dq_monitor.tables.timeline import Maker, Timeline, Version, newest_before

ADDED_COLUMNS = "add column"


ROLLBACKS = uuid.uuid5(uuid.NAMESPACE_URL, "dq-monitor/rollback")


@dataclass(frozen=True, slots=True)
class Plan:
    """What a rollback would do; `undone` and `redone` are newest first, both empty: nothing.

    `gone` are versions that it would undo too, were they not undone already.
    """

    rollback: Rollback
    undone: tuple[Version, ...] = ()
    redone: tuple[Version, ...] = ()
    gone: tuple[Version, ...] = ()

    @property
    def idle(self) -> bool:
        """Return whether the table is as asked already."""
        return not self.undone and not self.redone


def to_version(history: Timeline, target: int) -> Plan:
    """Plan to make the table what it was as version `target`; raise UsageError where it is gone."""
    known = history.by_number
    if target not in known:
        numbers = f"{history.versions[0].number} to {history.newest.number}"
        raise UsageError(f"{history.table} has no version {target}", fix=f"name one of {numbers}")
    if not known[target].readable:
        readable = [str(v.number) for v in history.versions if v.readable]
        raise UsageError(
            f"{history.table}: files of version {target} are gone (a vacuum took them)",
            fix=f"name one whose files are all there: {', '.join(readable[-10:])}",
        )
    now, then = history.changes(history.newest.number), history.changes(target)
    undone = tuple(one for one in now if one not in then)
    redone = tuple(one for one in then if one not in now)
    gone = tuple(v for v in history.versions if v.undone and v.number > target and v not in redone)
    changes = (tuple(v.change for v in undone), tuple(v.change for v in redone))
    rollback = Rollback(history.table, history.newest.number, target, *changes)
    return Plan(rollback, undone, redone, gone)


def to_before(history: Timeline, time: datetime) -> Plan:
    """Plan to make the table what it was just before a time."""
    then = newest_before(history.versions, time)
    if then is None:
        first = f"{history.versions[0].at:%Y-%m-%dT%H:%M:%SZ}"
        raise UsageError(
            f"{history.table} has no version from before {time:%Y-%m-%dT%H:%M:%SZ}",
            fix=f"its oldest is of {first}",
        )
    return to_version(history, then.number)


def without(history: Timeline, write_id: str, *, with_later: bool = False) -> Plan:
    """Plan to undo one write, and with it what came later, if that is said; or raise UsageError.

    The columns that it brought go with it: they are a version of their own just before.
    """
    write = _find(history, write_id)
    if write.undone:
        return replace(to_version(history, history.newest.number), gone=(write,))
    since = [one for one in history.changes(history.newest.number) if one.number > write.number]
    later = [one for one in since if one.maker is not Maker.UPKEEP]
    if later and not with_later:
        names = ", ".join(
            f"{one.number} ({one.mode} {one.write_id or one.maker})" for one in reversed(later)
        )
        raise UsageError(
            f"{history.table}: after write {write.write_id} (version {write.number}) came {names}",
            fix="undo them too with --with-later, or mend the rows with a write of their own",
        )
    return to_version(history, _before(history, write))


def _find(history: Timeline, write_id: str) -> Version:
    made = [one for one in history.versions if one.write_id and one.write_id.startswith(write_id)]
    exact = [one for one in made if one.write_id == write_id] or made
    if len(exact) != 1 or not write_id:
        found = "more than one write begins" if exact and write_id else "no write is called"
        raise UnknownName(
            f"{history.table}: {found} {write_id!r}",
            fix=f"`dqm history {history.table}` lists the ids",
        )
    return exact[0]


def _before(history: Timeline, write: Version) -> int:
    before = history.by_number.get(write.number - 1)
    came_for_it = before and before.mode == ADDED_COLUMNS and write.maker is Maker.GATE
    return write.number - 2 if came_for_it else write.number - 1


def rollback_id(rollback: Rollback) -> str:
    """Return the id of a rollback: the same aim from the same version is done once."""
    aim = f"{rollback.table}:{rollback.base}:{rollback.target}"
    return str(uuid.uuid5(ROLLBACKS, aim))


def roll_back(
    tables: DeltaTables, log: EventLog, rollback_id: str, rollback: Rollback, now: datetime
) -> TableRolledBack:
    """Do what was planned, once per id; raise CommitContended when the table has moved on.

    The intent is durable before the table is touched, so that a rollback that dies is settled by
    whoever opens the store next: told of if it is in the table, given up if not.
    """
    with tables.lease(rollback_id):
        log.append(RollbackStarted(rollback_id, rollback.table, now, rollback))
        failpoint(Failpoint.ROLLBACK_STARTED)
        try:
            restore(tables, rollback_id, rollback)
        except BaseException:
            settle(tables, log, rollback_id, now)
            raise
        failpoint(Failpoint.ROLLBACK_RESTORED)
        done = _tell(tables, log, RollbackStarted(rollback_id, rollback.table, now, rollback), now)
        failpoint(Failpoint.ROLLED_BACK)
    return done


def settle(tables: DeltaTables, log: EventLog, rollback_id: str, now: datetime) -> bool:
    """Tell how a rollback ended that died half-way; return False where `rollback_id` is none.

    Call it while holding the lease of the id.
    """
    started = _open(log.write_events(rollback_id))
    if started is None:
        return _is_rollback(log.write_events(rollback_id))
    table = tables.look(started.table)
    if table is None or table.committed(rollback_id) is None:
        log.append(WriteAbandoned(rollback_id, started.table, now, "the table was not taken back"))
    else:
        _tell(tables, log, started, now, recovered=True)
    return True


def _tell(
    tables: DeltaTables,
    log: EventLog,
    started: RollbackStarted,
    now: datetime,
    *,
    recovered: bool = False,
) -> TableRolledBack:
    table = started.table
    version = tables.open(table).committed(started.rollback_id) or 0
    done = TableRolledBack(
        started.rollback_id,
        table,
        version,
        now,
        started.rollback,
        dataset_at(tables.uri(table), table, "delta", version),
        recovered,
    )
    log.append(done)
    return done


def _is_rollback(events: Sequence[Event]) -> bool:
    return any(isinstance(event, RollbackStarted | TableRolledBack) for event in events)


def _open(events: Sequence[Event]) -> RollbackStarted | None:
    started = None
    for event in events:
        if isinstance(event, RollbackStarted):
            started = event
        elif isinstance(event, TableRolledBack | WriteAbandoned | BatchCommitted | WriteRejected):
            started = None
    return started
