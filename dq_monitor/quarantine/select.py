"""Which quarantined rows are meant: by write, rule, state and age."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import polars as pl

from dq_monitor.model.quarantine import AT, REASONS, ROW, STATE, WRITE_ID, RowState

ALL_RULES = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Quarantined rows of a table; what is not given leaves none out.

    `write_id` may be the start of an id. `older_than` is held against when a row was refused.
    """

    write_id: str = ""
    rule: str = ""
    states: frozenset[RowState] = field(default_factory=frozenset)
    older_than: timedelta | None = None

    def of(self, rows: pl.LazyFrame, now: datetime) -> pl.LazyFrame:
        """Keep the rows that are meant."""
        wanted = [
            pl.col(WRITE_ID).str.starts_with(self.write_id) if self.write_id else None,
            pl.col(REASONS).list.contains(self.rule) if self.rule else None,
            pl.col(STATE).is_in([state.value for state in self.states]) if self.states else None,
            pl.col(AT) < now - self.older_than if self.older_than else None,
        ]
        return rows.filter([one for one in wanted if one is not None] or [pl.lit(value=True)])


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows of a table are in a state: all of them, or those that one rule holds."""

    table: str
    rule: str
    state: RowState
    rows: int


def counts(table: str, rows: pl.LazyFrame) -> Sequence[Count]:
    """Count rows by rule and state; a row that two rules hold counts for both, and once in all."""
    by = pl.col(REASONS).alias("rule")
    every, each = pl.collect_all(
        [
            rows.group_by(STATE).len().with_columns(pl.lit(ALL_RULES).alias("rule")),
            rows.select(by, STATE).explode("rule").drop_nulls().group_by("rule", STATE).len(),
        ],
        engine="streaming",
    )
    both = pl.concat([every.select("rule", STATE, "len"), each.select("rule", STATE, "len")])
    return [
        Count(table, rule, RowState(state), number)
        for rule, state, number in both.sort("rule", STATE).iter_rows()
    ]


def row_id(write_id: str, row: int | None) -> str:
    """Return what one row is called, for people and other programs."""
    return write_id if row is None else f"{write_id}:{row}"


def in_order(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Sort rows as people look through them: the newest refusals first."""
    return rows.sort([AT, WRITE_ID, ROW], descending=[True, False, False])
