"""Takes a Delta table back to an earlier version, as a new one that undoes what came between."""

from __future__ import annotations

from deltalake import CommitProperties, Transaction
from deltalake.exceptions import CommitFailedError, DeltaError

from dq_monitor.errors import CommitContended, TableUnreadable
from dq_monitor.model.rollback import ROLLBACK, Rollback
from dq_monitor.tables.delta import DeltaTables
from dq_monitor.tables.snapshot import COMMITTED, UNDONE, WRITE_ID, Snapshot, app_id
from dq_monitor.tables.unwritable import writing

BY, REASON = "dq.by", "dq.reason"


def restore(tables: DeltaTables, rollback_id: str, rollback: Rollback) -> int:
    """Make version `target` the newest one; return the version that it is now.

    Safe to call again after a crash: the transaction in the Delta log tells. Raises CommitContended
    when the table is no longer at `base`: what came meanwhile must not be undone unseen.
    """
    now = tables.open(rollback.table)
    before = now.committed(rollback_id)
    if before is not None:
        return before
    if now.version != rollback.base:
        raise _overtaken(rollback, now.version)
    try:
        with writing(now.uri):
            _commit(now, rollback_id, rollback, int(tables.time().timestamp() * 1000))
    except CommitFailedError as error:
        raise _overtaken(rollback, tables.open(rollback.table).version) from error
    except DeltaError as error:
        raise TableUnreadable(
            f"{rollback.table}: version {rollback.target} cannot be restored:"
            f" {str(error).splitlines()[0]}",
            fix="name a version whose files are all there: `dqm history` says which are",
        ) from error
    return tables.open(rollback.table).committed(rollback_id) or now.handle.version()


def _commit(now: Snapshot, rollback_id: str, rollback: Rollback, at: int) -> None:
    """Restore files and columns, and say of each write in the same commit whether it counts.

    A transaction that goes back to 0 is how the table itself remembers an undone write, whatever
    becomes of the store and of older commits.
    """
    writes = [
        (rollback_id, COMMITTED),
        *((one, UNDONE) for one in rollback.undone_writes),
        *((one, COMMITTED) for one in rollback.redone_writes),
    ]
    now.handle.restore(
        rollback.target,
        commit_properties=CommitProperties(
            custom_metadata={
                WRITE_ID: rollback_id,
                "dq.mode": ROLLBACK,
                BY: rollback.by,
                REASON: rollback.reason,
            },
            app_transactions=[Transaction(app_id(one), state, at) for one, state in writes],
            max_commit_retries=0,
        ),
    )


def _overtaken(rollback: Rollback, version: int) -> CommitContended:
    return CommitContended(
        f"{rollback.table}: version {version} came while version {rollback.base}"
        f" was taken back to {rollback.target}",
        fix="look at `dqm history`, then run it again; --retry undoes what comes meanwhile too",
    )
