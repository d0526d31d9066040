"""What became of quarantined rows: a table of marks beside each quarantine, only ever added to."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from dq_monitor.model.event import RowsMoved
from dq_monitor.model.quarantine import (
    AT,
    FAULT,
    FAULTS,
    REASONS,
    ROW,
    STATE,
    WRITE_ID,
    HeldRows,
    RowState,
    tally,
)
from dq_monitor.model.table import WriteMode, quarantine_of, states_of
from dq_monitor.tables.delta import Commit, DeltaTables
from dq_monitor.tables.snapshot import RECENT
from dq_monitor.tables.snapshot import WRITE_ID as WRITE
from dq_monitor.tables.staging import KEPT, Staging

MOVE_ID = "_dq_move_id"
# One mark: a row (all of its write's where ROW is null), and what it is from here on.
MARKS = pl.Schema(
    {
        WRITE_ID: pl.String(),
        ROW: pl.Int64(),
        STATE: pl.String(),
        FAULTS: pl.List(FAULT),
        AT: pl.Datetime("us", "UTC"),
        MOVE_ID: pl.String(),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A change of state of rows of one write; its id makes it happen once.

    `held` counts the rows by the rules that held them, `now` by those that do where they stay open.
    """

    id: str
    of: str
    to: RowState
    at: datetime
    held: tuple[HeldRows, ...]
    now: tuple[HeldRows, ...] = ()
    by: str = ""
    why: str = ""


class Ledger:
    """The quarantine of each table with the state of each row in it."""

    def __init__(self, tables: DeltaTables) -> None:
        self._tables = tables

    def rows(self, table: str) -> pl.LazyFrame | None:
        """Return all quarantined rows with their state and newest faults; None if there are none.

        Rows that were written before rows had numbers have none, and are open or gone together.
        """
        there = self._tables.look(quarantine_of(table))
        if there is None:
            return None
        held = _completed(there.scan())
        marks = self.marks(table)
        if marks is None:
            return held.with_columns(open_state())
        return _stated(held, marks.filter(~pl.col(MOVE_ID).is_in(self._undone(table, marks))))

    def marks(self, table: str) -> pl.LazyFrame | None:
        """Return every mark; None if there is none."""
        there = self._tables.look(states_of(table))
        return there.scan() if there else None

    def _undone(self, table: str, marks: pl.LazyFrame) -> list[str]:
        """Return the releases that a rollback has undone: their rows wait as they did before."""
        there = self._tables.look(table)
        released = pl.col(STATE).is_in([RowState.WAIVED.value, RowState.RELEASED.value])
        moves = marks.filter(released).select(pl.col(MOVE_ID).unique()).collect()
        return there.undone(moves[MOVE_ID].to_list()) if there else []

    def turn(self, table: str, write_id: str) -> int:
        """Return how often rows of a write were moved: the number of the next move.

        Whoever reads it before the rows that it moves gives the same move the same name, whatever
        happens meanwhile; see docs/decisions.
        """
        marks = self.marks(table)
        if marks is None:
            return 0
        mine = marks.filter(pl.col(WRITE_ID) == write_id)
        return int(mine.select(pl.col(MOVE_ID).n_unique()).collect().item())

    def open_by_rule(self, table: str, write_id: str) -> tuple[HeldRows, ...]:
        """Count the open rows of a write, in all and by rule."""
        rows = self.rows(table)
        return () if rows is None else count_held(only_open(rows, write_id))

    def mark(self, table: str, move: Move, marks: pl.LazyFrame) -> RowsMoved:
        """Commit the marks of a move, once; return what it did, also when it was done before.

        `marks` has the columns WRITE_ID and ROW, and FAULTS where these are new.
        """
        done = self.done(table, move.id)
        if done:
            return done
        staging = self._tables.staging(states_of(table), move.id)
        stage_rows(staging, _as_marks(marks, move))
        commit = Commit(move.id, WriteMode.APPEND, metadata=_metadata(move))
        self._tables.commit(states_of(table), commit)
        staging.settle()
        return self.done(table, move.id) or _told(table, move)

    def done(self, table: str, move_id: str) -> RowsMoved | None:
        """Return what a move did, as its own commit has it; None when it was not made."""
        there = self._tables.look(states_of(table))
        entry = there.entry(move_id) if there else None
        return None if entry is None else _told(table, _read(move_id, entry))

    def latest(self, table: str) -> Sequence[RowsMoved]:
        """Return the moves of the newest commits, oldest first."""
        there = self._tables.look(states_of(table))
        entries = there.log(RECENT) if there else []
        mine = [entry for entry in reversed(entries) if "dq.state" in entry]
        return [_told(table, _read(str(entry[WRITE]), entry)) for entry in mine]


def stage_rows(staging: Staging, rows: pl.LazyFrame) -> None:
    """Write rows into staging, all of them to be committed."""
    staging.remove()
    staging.remember(rows.collect_schema())
    flagged = rows.with_columns(pl.lit(value=True).alias("_dq_kept"))
    with staging.room(KEPT, beside=True) as room:
        staging.sink(flagged, "_dq_kept", room=room).collect(engine="streaming")


def only_open(rows: pl.LazyFrame, write_id: str) -> pl.LazyFrame:
    """Keep the rows of one write that are open."""
    return rows.filter(pl.col(WRITE_ID) == write_id, pl.col(STATE) == RowState.OPEN.value)


def count_held(rows: pl.LazyFrame) -> tuple[HeldRows, ...]:
    """Count rows, in all and by the rules that hold them."""
    reasons = rows.select(REASONS).collect(engine="streaming")
    by_rule = reasons.explode(REASONS).drop_nulls().group_by(REASONS).len()
    return tally(reasons.height, dict(by_rule.iter_rows()))


def open_state() -> pl.Expr:
    """Return the state of a row that nobody has moved."""
    return pl.lit(RowState.OPEN.value).alias(STATE)


def _completed(held: pl.LazyFrame) -> pl.LazyFrame:
    """Add what an earlier version did not write: the rows' numbers, and faults beside reasons."""
    schema = held.collect_schema()
    missing: list[pl.Expr] = []
    if ROW not in schema:
        missing.append(pl.lit(None, pl.Int64).alias(ROW))
    fault = pl.struct(
        pl.element().alias("rule"), pl.lit("").alias("column"), pl.lit("").alias("fault")
    )
    made = pl.col(REASONS).list.eval(fault).cast(pl.List(FAULT))
    known = pl.col(FAULTS).fill_null(made) if FAULTS in schema else made
    return held.with_columns(*missing, known.alias(FAULTS))


def _stated(held: pl.LazyFrame, marks: pl.LazyFrame) -> pl.LazyFrame:
    """Join each row with its marks: what ends a row's life counts, else the newest faults."""
    final = pl.col(STATE) != RowState.OPEN.value
    whole = marks.filter(pl.col(ROW).is_null()).group_by(WRITE_ID).agg(_last(STATE, "_whole"))
    each = (
        marks.filter(pl.col(ROW).is_not_null())
        .group_by(WRITE_ID, ROW)
        .agg(
            pl.col(STATE).filter(final).sort_by(pl.col(AT).filter(final)).last().alias("_one"),
            pl.col(FAULTS).filter(~final).sort_by(pl.col(AT).filter(~final)).last().alias("_new"),
        )
    )
    state = pl.coalesce("_one", "_whole", pl.lit(RowState.OPEN.value))
    return (
        held.join(whole, on=WRITE_ID, how="left")
        .join(each, on=[WRITE_ID, ROW], how="left")
        .with_columns(state.alias(STATE), pl.coalesce("_new", FAULTS).alias(FAULTS))
        .with_columns(pl.col(FAULTS).list.eval(pl.element().struct.field("rule")).alias(REASONS))
        .drop("_one", "_whole", "_new")
    )


def _last(column: str, name: str) -> pl.Expr:
    return pl.col(column).sort_by(AT).last().alias(name)


def _as_marks(marks: pl.LazyFrame, move: Move) -> pl.LazyFrame:
    faults = () if FAULTS in marks.collect_schema() else (pl.lit(None).alias(FAULTS),)
    return (
        marks.with_columns(
            *faults,
            pl.lit(move.to.value).alias(STATE),
            pl.lit(move.at, pl.Datetime("us", "UTC")).alias(AT),
            pl.lit(move.id).alias(MOVE_ID),
        )
        .select(list(MARKS))
        .cast(MARKS)
    )


def _metadata(move: Move) -> dict[str, str]:
    return {
        "dq.of": move.of,
        "dq.state": move.to.value,
        "dq.at": move.at.isoformat(),
        "dq.by": move.by,
        "dq.why": move.why,
        "dq.held": spell_held(move.held),
        "dq.now": spell_held(move.now),
    }


def _read(move_id: str, entry: Mapping[str, object]) -> Move:
    word = {key: str(value) for key, value in entry.items()}
    return Move(
        id=move_id,
        of=word["dq.of"],
        to=RowState(word["dq.state"]),
        at=datetime.fromisoformat(word["dq.at"]),
        held=read_held(word["dq.held"]),
        now=read_held(word["dq.now"]),
        by=word.get("dq.by", ""),
        why=word.get("dq.why", ""),
    )


def _told(table: str, move: Move) -> RowsMoved:
    return RowsMoved(
        move.id, table, move.of, move.at, move.to, move.held, move.now, move.by, move.why
    )


def spell_held(held: Sequence[HeldRows]) -> str:
    """Write counts by rule as JSON, as commits keep them."""
    return json.dumps({one.rule: one.rows for one in held})


def read_held(text: str) -> tuple[HeldRows, ...]:
    """Return what `spell_held` wrote."""
    return tuple(HeldRows(rule, rows) for rule, rows in json.loads(text).items())
