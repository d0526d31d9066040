"""A merge: rows of the batch take the place of stored rows with their key, or close them.

Delta files never change, so the stored files that hold such a row are written anew without it, into
the staging of the write. They become visible with the batch, or not at all.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

import polars as pl

from dq_monitor.checks.not_null import NotNull
from dq_monitor.checks.unique import Unique
from dq_monitor.errors import ContractBroken, PipelineInvalid
from dq_monitor.failpoints import Failpoint, failpoint
from dq_monitor.gate.staying import widened
from dq_monitor.model.check import Stored
from dq_monitor.model.pack import Pack
from dq_monitor.model.rule import Limit, OnFail, Rule, Threshold
from dq_monitor.model.table import Upsert, Validity
from dq_monitor.model.view import Files
from dq_monitor.registry import suggest
from dq_monitor.tables.snapshot import Snapshot, StoredFile
from dq_monitor.tables.staging import CARRIED, KEPT, Staging

MATCHED = "_dq_matched"
DELIVERED = "_dq_delivered"
FILE = "_dq_stored_file"
CARRY = "_dq_carry"
FAILING = Threshold(over=Limit(0))
NO_KEYS = pl.DataFrame()


class OncePerBatch(Unique):
    """A key that the batch has twice: nobody can say which of the rows is meant."""

    stored: ClassVar[Stored] = Stored.NONE


@dataclass(frozen=True, slots=True)
class OtherKeys:
    """The stored rows after a merge: those without a match, and the closed versions.

    `delivered` holds the distinct keys of the batch as it came, where rows that it lacks leave: one
    that was refused has not vanished.
    """

    before: Snapshot
    staging: Staging
    partition_by: tuple[str, ...]
    upsert: Upsert
    now: datetime
    delivered: pl.DataFrame
    depends: ClassVar[bool] = True

    def rows(self) -> pl.LazyFrame:
        """Return the stored rows as they will be."""
        return self._after(widened(self.before.scan(), self.staging.schema()))

    def settle(self) -> None:
        """Write the touched stored files anew, without the rows that leave."""
        touched = self._touched()
        if touched:
            stored = widened(self.before.scan_files(touched), self.staging.schema())
            self.staging.carry(self._after(stored), self.partition_by)
            failpoint(Failpoint.CARRIED)
        self.staging.replace(tuple(file.path for file in touched))

    def files(self) -> Files:
        """Return the untouched stored files and those written anew."""
        replaced = self.staging.replaced().files
        stay = [file.size for file in self.before.files() if file.path not in replaced]
        anew = [file.size for file in self.staging.files(CARRIED)]
        return Files((*stay, *anew))

    def _touched(self) -> list[StoredFile]:
        """Return the files that hold a row which leaves or is closed."""
        files = {file.path: file for file in self._within_reach()}
        if not files:
            return []
        stored = self.before.scan_files(list(files.values()), name_as=FILE)
        history = self.upsert.history
        columns = [*self.upsert.keys, *(history.columns if history else ()), FILE]
        leaving = self._marked(stored.select(columns)).filter(self._leaves())
        begins = [pl.col(history.valid_from).max().alias("begins")] if history else []
        found = leaving.group_by(FILE).agg(*begins).collect(engine="streaming")
        if history and not found.is_empty():
            self._require_later(found["begins"].max())
        return [files[path] for path in found[FILE].sort()]

    def _within_reach(self) -> list[StoredFile]:
        """Return the files that statistics cannot exclude: none are where the batch deletes."""
        if self.upsert.delete:
            return list(self.before.files())
        keys = self.staging.scan(KEPT).select(self.upsert.keys)
        low, high = keys.min(), keys.max()
        bounds = pl.concat(pl.collect_all([low, high], engine="streaming"))
        return self.before.files_within({name: (*bounds[name],) for name in self.upsert.keys})

    def _require_later(self, begins: object) -> None:
        if isinstance(begins, datetime) and begins >= self.now:
            raise ContractBroken(
                f"{self.before.uri}: the batch is of {self.now.isoformat()}, and a version that it"
                f" changes began at {begins.isoformat()}",
                fix="send the batches of a slowly changing dimension in the order of their times",
            )

    def _after(self, stored: pl.LazyFrame) -> pl.LazyFrame:
        marked, leaves, names = self._marked(stored), self._leaves(), [MATCHED, DELIVERED]
        history = self.upsert.history
        if history is None:
            return marked.filter(~leaves).drop(names, strict=False)
        ends = pl.when(leaves).then(pl.lit(self.now, pl.Datetime("us", "UTC")))
        closed = marked.with_columns(
            ends.otherwise(pl.col(history.valid_to)).alias(history.valid_to),
            (pl.col(history.current) & ~leaves).alias(history.current),
        )
        return closed.drop(names, strict=False)

    def _marked(self, stored: pl.LazyFrame) -> pl.LazyFrame:
        keys = list(self.upsert.keys)
        kept = self.staging.scan(KEPT).select(keys).unique()
        marked = stored.join(kept.with_columns(pl.lit(1).alias(MATCHED)), on=keys, how="left")
        if not self.upsert.delete:
            return marked
        came = self.delivered.lazy().with_columns(pl.lit(1).alias(DELIVERED))
        return marked.join(came, on=keys, how="left")

    def _leaves(self) -> pl.Expr:
        leaves = pl.col(MATCHED).is_not_null()
        if self.upsert.delete:
            known = pl.all_horizontal([pl.col(key).is_not_null() for key in self.upsert.keys])
            leaves = leaves | (pl.col(DELIVERED).is_null() & known)
        history = self.upsert.history
        return leaves & pl.col(history.current) if history else leaves


def keyed(pack: Pack, upsert: Upsert, on_fail: OnFail = OnFail.QUARANTINE) -> Pack:
    """Return the pack with what every merge demands of its batch: a key, and each key once."""
    keys, guard = upsert.keys, {"error": FAILING, "on_fail": on_fail}
    there = [
        Rule(f"merge_key_not_null.{key}", "not_null", NotNull(column=key), **guard)  # type: ignore[arg-type]
        for key in keys
    ]
    once = Rule("merge_key_unique", "unique", OncePerBatch(key=keys), **guard)  # type: ignore[arg-type]
    return replace(pack, rules=(*pack.rules, *there, once))


def begun(frame: pl.LazyFrame, history: Validity, now: datetime) -> pl.LazyFrame:
    """Return the rows as versions that begin now."""
    instant = pl.Datetime("us", "UTC")
    return frame.with_columns(
        pl.lit(now, instant).alias(history.valid_from),
        pl.lit(None, instant).alias(history.valid_to),
        pl.lit(value=True).alias(history.current),
    )


def changed(frame: pl.LazyFrame, before: Snapshot | None, history: Validity) -> pl.LazyFrame:
    """Return the rows that differ from their key's current version; the others begin nothing."""
    if before is None:
        return frame
    schema = frame.collect_schema()
    compared = [name for name in schema if name not in history.columns]
    current = widened(before.scan(), schema).filter(pl.col(history.current)).select(compared)
    return frame.join(current, on=compared, how="anti", nulls_equal=True)


def require_keys(table: str, upsert: Upsert | None, frame: pl.LazyFrame) -> Upsert:
    """Return how to merge; raise PipelineInvalid when the keys are not given or not there."""
    if upsert is None or not upsert.keys:
        raise PipelineInvalid(
            f"{table}: mode merge without a key",
            fix="give upsert=Upsert(('k',)): its columns say which row one takes the place of",
        )
    schema = frame.collect_schema()
    for key in upsert.keys:
        if key not in schema:
            raise PipelineInvalid(
                f"{table}: the batch has no key column {key!r}", fix=suggest(key, schema.names())
            )
    return upsert


def delivered_keys(table: str, frame: pl.LazyFrame, upsert: Upsert) -> pl.DataFrame:
    """Return the keys of the batch as it came, where stored rows without one are to leave.

    Raises ContractBroken for an empty batch: a delivery that failed looks the same.
    """
    if not upsert.delete:
        return NO_KEYS
    keys = frame.select(upsert.keys).unique().collect(engine="streaming")
    if keys.is_empty():
        raise ContractBroken(
            f"{table}: an empty batch would delete every row",
            fix="to empty the table on purpose, write the batch with mode overwrite",
        )
    return keys
