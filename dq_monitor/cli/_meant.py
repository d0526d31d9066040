"""Refuses a choice of quarantined rows that can only be a slip: a rule or write that none has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from dq_monitor.cli._refused import with_forgotten
from dq_monitor.errors import UnknownName
from dq_monitor.model.pack import Pack
from dq_monitor.model.quarantine import REASONS, WRITE_ID
from dq_monitor.quarantine.select import Selection
from dq_monitor.registry import suggest
from dq_monitor.tables.delta import DeltaTables
from dq_monitor.tables.ledger import Ledger


def require_known(
    tables: DeltaTables, packs: Mapping[str, Pack], names: Sequence[str], selection: Selection
) -> None:
    """Raise UnknownName for a rule or a write that no row has, where rows are in quarantine.

    A rule of today's packs is no slip: it holds nothing, and that is the answer.
    """
    if not (selection.rule or selection.write_id):
        return
    ledger = Ledger(tables)
    rows = [found for name in names if (found := with_forgotten(ledger, name)) is not None]
    writes = _distinct(rows, pl.col(WRITE_ID))
    if not writes:
        return
    place = f"quarantine of {names[0]}" if len(names) == 1 else "quarantine"
    if selection.rule:
        ours = {rule.id for name in names for rule in packs[name].rules}
        _require_rule(selection.rule, _distinct(rows, pl.col(REASONS).explode()), ours, place)
    if not any(write.startswith(selection.write_id) for write in writes):
        raise UnknownName(
            f"write {selection.write_id!r}: no row in {place} is of it",
            fix="`dqm quarantine show TABLE` gives the write of each row, before the colon",
        )


def _require_rule(rule: str, holding: set[str], ours: set[str], place: str) -> None:
    if rule not in holding | ours:
        raise UnknownName(f"rule {rule!r}: it holds no row in {place}", fix=suggest(rule, holding))


def _distinct(rows: Sequence[pl.LazyFrame], column: pl.Expr) -> set[str]:
    found = pl.collect_all([each.select(column.unique()) for each in rows], engine="streaming")
    return {value for frame in found for value in frame.to_series() if value is not None}
