"""Keys that must not repeat, indexed: an append is looked up in what is stored, and added to it.

Bits find the suspects; where bits are hashes, only their real keys make a verdict.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from dq_monitor.engines.hashes import (
    BITS,
    MANY,
    KeyGroup,
    hashed,
    is_exact,
    keyed,
    twins,
)
from dq_monitor.engines.plan import SetQuestion
from dq_monitor.engines.sets import in_range_of
from dq_monitor.errors import DqmError
from dq_monitor.model.verdict import Observation
from dq_monitor.model.view import View
from dq_monitor.states.files import DataFile, data_files, rows_in
from dq_monitor.states.manifest import MANIFEST, Index, load, save
from dq_monitor.states.runs import KEY, TIMES, Damaged, Run, find, read_run, within, write_run
from dq_monitor.tables.lease import FileLeases
from dq_monitor.tables.snapshot import Snapshot

# More runs than this are merged, the smaller ones; each is looked up in.
MOST_RUNS = 8
LEFT_RUNS = 4
# Keys of a larger table are not indexed: each takes 8 bytes on disk, and twice that in memory once.
MOST_ROWS = 200_000_000
# Versions before the newest have an index of their own: whoever goes back comes back, too.
PAST = "-past"
# Above this share of keys that have gone the index is made anew.
MOST_GONE = 0.25
# After any of these the keys are asked of all rows, which says what is wrong with them.
KEYS_FAIL = (
    *(DqmError, Damaged, ValueError, OSError),
    *(pl.exceptions.PolarsError, pl.exceptions.PanicException),
)
_GONE = (DeltaError, OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException)


@dataclass(frozen=True, slots=True)
class Keys:
    """The index of one question over one table, in a folder of its own."""

    folder: Path
    question: SetQuestion
    view: View

    def exists(self) -> bool:
        """Say whether there is an index of any version."""
        return (self.folder / MANIFEST).exists()

    @staticmethod
    def fits(files: Sequence[DataFile]) -> bool:
        """Say whether the keys of so many rows are worth a place of their own."""
        rows = rows_in(files)
        return rows is not None and rows <= MOST_ROWS

    def current(
        self, snapshot: Snapshot, files: Sequence[DataFile]
    ) -> tuple[Index, frozenset[str]]:
        """Return the index of a version, and the ids of its files that were read for it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with FileLeases(self.folder.parent).hold(self.folder.name):
            try:
                before = load(self.folder)
                if before and self._is_past(before, snapshot, files):
                    return self._of_the_past.current(snapshot, files)
                return self._current(snapshot, files, before)
            except Damaged:
                return self._current(snapshot, files, None)

    def lacks(self, index: Index, rows: pl.LazyFrame) -> bool:
        """Say whether none of the keys of some rows is in the index; raises Damaged."""
        return not index.gave_up and self._hits(index, self._bits_of(rows)).is_empty()

    def observe(self, index: Index) -> Observation:
        """Return how many rows have a key that repeats."""
        same = index.suspects if index.alike is None else index.alike
        failing = int(same.filter(pl.col(TIMES) > 1)[TIMES].sum())
        return Observation(self.question.rule.id, failing=failing, passing=index.rows - failing)

    def _hits(self, index: Index, bits: pl.Series) -> pl.DataFrame:
        """Return those of some sorted bits that the index holds; raises Damaged."""
        found = [self._signed(run, bits) for run in index.runs]
        if not found:
            return pl.DataFrame(schema={KEY: bits.dtype, TIMES: pl.Int64})
        return _added(*found).filter(pl.col(TIMES) > 0)

    def _bits_of(self, rows: pl.LazyFrame) -> pl.Series:
        """Return the bits of all keys of some rows, sorted."""
        found = hashed(rows, KeyGroup((self.question,)), self.view)
        bits = found.collect(engine="streaming")[KEY]
        return (bits if bits.dtype == pl.UInt64 else bits.cast(pl.Int64)).sort()

    @property
    def _of_the_past(self) -> Keys:
        return replace(self, folder=self.folder.with_name(f"{self.folder.name}{PAST}"))

    def _is_past(self, index: Index, snapshot: Snapshot, files: Sequence[DataFile]) -> bool:
        """Say whether an older version is asked about, whose index is not the one to be kept."""
        shared = index.files & {file.id for file in files}
        is_newer = index.version > snapshot.version and not self.folder.name.endswith(PAST)
        return is_newer and bool(shared)

    def _current(
        self, snapshot: Snapshot, files: Sequence[DataFile], known: Index | None
    ) -> tuple[Index, frozenset[str]]:
        here = {file.id for file in files}
        if known and known.files == here:
            return known, frozenset()
        gone = self._gone(snapshot, known, here) if known else None
        index = self._empty() if known is None or gone is None else known
        if gone:
            try:
                index = self._changed(index, snapshot, *gone, sign=-1)
            except _GONE:  # their version is in the log, and vacuum has taken them
                index = self._empty()
        new = [file for file in files if file.id not in index.files]
        if new:
            index = self._changed(index, snapshot, snapshot, new, sign=1)
        index = self._merged(replace(index, version=snapshot.version))
        save(self.folder, index)
        return index, frozenset(file.id for file in new)

    def _empty(self) -> Index:
        whole = is_exact(self.question, self.view)
        dtype = pl.Int64() if whole else pl.UInt64()
        return Index(0, (), pl.DataFrame(schema={KEY: dtype, TIMES: pl.Int64}))

    def _gone(
        self, snapshot: Snapshot, known: Index, here: set[str]
    ) -> tuple[Snapshot, list[DataFile]] | None:
        """Return the files that are in the index and no longer in the table, where they still lie.

        None where the index is better made anew: they cannot be read, or they are many.
        """
        names = known.files - here
        if not names:
            return snapshot, []
        before = _at(snapshot, known.version)
        files = [file for file in (before and data_files(before)) or () if file.id in names]
        if before is None or len(files) < len(names):
            return None
        rows = sum(file.stored.rows or 0 for file in files)
        rows += sum(run.rows for run in known.runs if run.sign < 0)
        return None if rows > MOST_GONE * known.rows else (before, files)

    def _changed(
        self,
        index: Index,
        now: Snapshot,
        there: Snapshot,
        files: Sequence[DataFile],
        sign: int,
    ) -> Index:
        """Add the keys of some files to the index, or with `sign` -1 count them out."""
        if index.gave_up or not files:
            return index
        names = tuple(file.id for file in files)
        rows = there.scan_files([file.stored for file in files])
        bits = self._bits_of(rows)
        run = write_run(self.folder, bits, names, sign)
        fresh = self._fresh(index, bits) if sign > 0 else index.suspects.clear()
        suspects = _added(index.suspects, fresh)
        own = within(bits, suspects[KEY])
        alike = None
        if not is_exact(self.question, self.view):
            alike = self._alike(index, now, self._real(rows, own[KEY]), fresh, sign)
        suspects = _added(suspects, own.with_columns(pl.col(TIMES) * sign))
        if suspects.height > MANY:
            return replace(self._empty(), gave_up=True)
        return replace(index, runs=(*index.runs, run), suspects=suspects, alike=alike)

    def _fresh(self, index: Index, bits: pl.Series) -> pl.DataFrame:
        """Return the keys that were no suspects and are now, with how often they were there."""
        stored = self._hits(index, bits)
        repeated = twins(bits).unique().alias(KEY).to_frame()
        here = repeated.with_columns(pl.lit(0, pl.Int64).alias(TIMES))
        return _added(here, stored).join(index.suspects, on=KEY, how="anti")

    def _alike(
        self,
        index: Index,
        now: Snapshot,
        mine: pl.DataFrame,
        fresh: pl.DataFrame,
        sign: int,
    ) -> pl.DataFrame:
        """Return the real keys of the suspects, with how often each occurs."""
        found = [index.alike] if index.alike is not None else []
        found.append(mine.with_columns(pl.col(TIMES) * sign))
        stored = fresh.filter(pl.col(TIMES) > 0)[KEY]
        if stored.len():
            found.append(self._stored(index, now, mine, stored))
        return _added(*found, by=[BITS, *self.question.rule.columns])

    def _stored(
        self, index: Index, now: Snapshot, mine: pl.DataFrame, bits: pl.Series
    ) -> pl.DataFrame:
        """Return the real keys of stored rows: they can only lie within the range of the new."""
        before = now if index.version == now.version else _at(now, index.version)
        known = index.files
        files = (before and data_files(before)) or ()
        there = [file.stored for file in files if file.id in known]
        if before is None or len(there) < len(known):
            raise Damaged("the files that the index was made of are gone")
        new = mine.lazy().filter(pl.col(BITS).is_in(bits.implode()))
        near = in_range_of(before.scan_files(there), new.select(self.question.rule.columns))
        return self._real(near, bits)

    def _real(self, rows: pl.LazyFrame, bits: pl.Series) -> pl.DataFrame:
        names = self.question.rule.columns
        if bits.is_empty():
            rows = rows.clear()
        found = keyed(rows, self.question, self.view).filter(pl.col(BITS).is_in(bits.implode()))
        grouped = found.group_by(BITS, *names).agg(pl.len().cast(pl.Int64).alias(TIMES))
        return grouped.collect(engine="streaming")

    def _signed(self, run: Run, bits: pl.Series) -> pl.DataFrame:
        return find(self.folder, run, bits).with_columns(pl.col(TIMES) * run.sign)

    def _merged(self, index: Index) -> Index:
        """Merge the smaller runs of each sign where there are too many."""
        runs: list[Run] = []
        for sign in (1, -1):
            own = sorted((r for r in index.runs if r.sign == sign), key=lambda run: -run.rows)
            few = len(own) <= MOST_RUNS
            runs += own if few else [*own[:LEFT_RUNS], self._one(own[LEFT_RUNS:], sign)]
        return replace(index, runs=tuple(runs))

    def _one(self, runs: Sequence[Run], sign: int) -> Run:
        keys = pl.concat([read_run(self.folder, run) for run in runs]).sort()
        files = tuple(name for run in runs for name in run.files)
        return write_run(self.folder, keys, files, sign)


def _at(snapshot: Snapshot, version: int) -> Snapshot | None:
    """Return another version of the same table; None where it cannot be read any more."""
    try:
        handle = DeltaTable(
            snapshot.uri, version, storage_options=dict(snapshot.storage_options) or None
        )
    except _GONE:
        return None
    return Snapshot(handle, snapshot.uri, snapshot.storage_options)


def _added(*counts: pl.DataFrame, by: Sequence[str] = (KEY,)) -> pl.DataFrame:
    """Add up how often each key occurs."""
    if len(counts) == 1:
        return counts[0]
    return pl.concat(counts).group_by(by).agg(pl.col(TIMES).sum()).sort(by[0])
