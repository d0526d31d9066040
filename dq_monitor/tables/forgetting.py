"""Rewrites the files of a quarantine: without rows that are to be forgotten, or with numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import polars as pl
from deltalake import CommitProperties, Transaction
from deltalake.exceptions import CommitFailedError
from deltalake.transaction import RemoveAction
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from dq_monitor.errors import CommitContended
from dq_monitor.model.pack import Evolution
from dq_monitor.model.quarantine import ROW, WRITE_ID
from dq_monitor.model.table import quarantine_of
from dq_monitor.tables.delta import ATTEMPTS, DeltaTables
from dq_monitor.tables.ledger import stage_rows
from dq_monitor.tables.snapshot import COMMITTED, Snapshot, StoredFile, app_id
from dq_monitor.tables.staging import KEPT, add_actions
from dq_monitor.tables.types import delta_schema, fit
from dq_monitor.tables.unwritable import writing

FILE = "_dq_file"
Rewrite = Callable[[Snapshot, Sequence[StoredFile]], "Change | None"]


@dataclass(frozen=True, slots=True)
class Change:
    """Files to be taken out of a table, and the rows to be put in their place."""

    files: Sequence[StoredFile]
    rows: pl.LazyFrame


def forget(tables: DeltaTables, table: str, gone: pl.DataFrame, purge_id: str) -> int:
    """Take the rows whose WRITE_ID and ROW stand in `gone` out of quarantine; return how many.

    Their values stay in older versions of the table until these are vacuumed: see `vacuum`.
    """
    counted = 0

    def without(now: Snapshot, files: Sequence[StoredFile]) -> Change | None:
        nonlocal counted
        marked = _rows_by_file(now, files).join(
            gone.lazy().select(WRITE_ID, ROW, pl.lit(value=True).alias("_dq_gone")),
            on=[WRITE_ID, ROW],
            how="left",
            nulls_equal=True,
        )
        hit = marked.filter(pl.col("_dq_gone")).group_by(FILE).len().collect(engine="streaming")
        counted = int(hit["len"].sum())
        touched = [file for file in files if file.path in set(hit[FILE])]
        left = marked.filter(pl.col(FILE).is_in(hit[FILE].to_list()), pl.col("_dq_gone").is_null())
        return Change(touched, left.drop(FILE, "_dq_gone")) if touched else None

    _rewrite(tables, quarantine_of(table), without, purge_id)
    return counted


def number_old_rows(tables: DeltaTables, table: str) -> None:
    """Give numbers to rows of a version that wrote none: they tell each row from the others."""

    def numbered(now: Snapshot, files: Sequence[StoredFile]) -> Change | None:
        if ROW not in now.schema:
            old = list(files)
        else:
            without = _rows_by_file(now, files).filter(pl.col(ROW).is_null())
            names = set(without.select(FILE).unique().collect()[FILE])
            old = [file for file in files if file.path in names]
        if not old:
            return None
        place = pl.int_range(pl.len(), dtype=pl.Int64).over(WRITE_ID)
        return Change(old, _rows_by_file(now, old).drop(FILE).with_columns(place.alias(ROW)))

    there = tables.look(quarantine_of(table))
    if there is not None:
        _rewrite(tables, quarantine_of(table), numbered, f"numbers-{there.version}")


def vacuum(tables: DeltaTables, table: str) -> None:
    """Delete files that no version of the last week needs: then what was forgotten is gone."""
    there = tables.look(quarantine_of(table))
    if there is not None:
        there.handle.vacuum(dry_run=False)


def _rows_by_file(now: Snapshot, files: Sequence[StoredFile]) -> pl.LazyFrame:
    frames = [now.scan_file(file).with_columns(pl.lit(file.path).alias(FILE)) for file in files]
    return pl.concat(frames) if frames else now.scan().with_columns(pl.lit("").alias(FILE)).clear()


def _rewrite(tables: DeltaTables, table: str, rewrite: Rewrite, name: str) -> None:
    retrying = Retrying(
        retry=retry_if_exception_type(CommitFailedError),
        wait=wait_random_exponential(multiplier=0.05, max=2),
        stop=stop_after_attempt(ATTEMPTS),
        reraise=True,
    )
    try:
        with writing(tables.uri(table)):
            retrying(_rewrite_once, tables, table, rewrite, name)
    except CommitFailedError as error:
        raise CommitContended(
            f"{table}: gave up after {ATTEMPTS} attempts", fix="run the command again"
        ) from error


def _rewrite_once(tables: DeltaTables, table: str, rewrite: Rewrite, name: str) -> None:
    now = tables.look(table)
    change = rewrite(now, now.files()) if now else None
    if now is None or change is None:
        return
    # The version in the name: a file of an attempt that another writer beat is never taken again.
    staging = tables.staging(table, f"{name}-{now.version}")
    rows = change.rows
    new = [field for field in rows.collect_schema() if field not in now.schema]
    stage_rows(staging, fit(table, rows, now.delta_schema, Evolution.ANY))
    if new:
        now.handle.alter.add_columns(
            [field for field in delta_schema(staging.schema()).fields if field.name in new]
        )
        now = tables.open(table)
    at = int(datetime.now(UTC).timestamp() * 1000)
    adds = add_actions(staging, at) if staging.files(KEPT) else []
    removed = [
        RemoveAction(file.path, True, at, file.size, file.key)  # noqa: FBT003 - Rust
        for file in change.files
    ]
    now.handle.create_write_transaction(
        [*adds, *removed],
        "append",
        now.delta_schema,
        commit_properties=CommitProperties(
            custom_metadata={"dq.rewrite": name},
            # By it a sweep knows that the files are a version's, when they have been replaced.
            app_transactions=[Transaction(app_id(staging.write_id), COMMITTED, at)],
        ),
    )
    staging.settle()
