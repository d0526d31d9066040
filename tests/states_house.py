"""A stored table that is asked with what is remembered of it, and without."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from dq_monitor.examination import Examined, examine_table
from dq_monitor.model.pack import Pack
from dq_monitor.model.verdict import Finding, Verdict
from dq_monitor.packs import parse_pack
from dq_monitor.states.memory import Memory
from dq_monitor.store import Store
from dq_monitor.tables.delta import DeltaTables

NOW = datetime(2013, 7, 1, 12, tzinfo=UTC)
TABLE = "silver.flights"
AIRPORTS = "bronze.airports"


@dataclass(frozen=True, slots=True)
class StatesHouse:
    """A warehouse with one table that is written to as by another program."""

    tables: DeltaTables
    memory: Memory

    @classmethod
    def at(cls, folder: Path, store: Store) -> StatesHouse:
        """Return an empty one."""
        tables = DeltaTables(str(folder / "warehouse"))
        return cls(tables, Memory(store.states, folder / "states"))

    @property
    def uri(self) -> str:
        """Return where the table lies."""
        return self.tables.uri(TABLE)

    def append(self, frame: pl.DataFrame, table: str = TABLE, **options: object) -> None:
        """Add rows as a version of their own."""
        how = {"schema_mode": "merge", **options}
        frame.write_delta(self.tables.uri(table), mode="append", delta_write_options=how)

    def check(
        self, pack: Pack, version: int | None = None, now: datetime = NOW, *, sweep: bool = True
    ) -> Examined:
        """Ask the table with what is remembered."""
        return examine_table(
            pack,
            self.tables.open(TABLE, version),
            self.tables,
            self.memory,
            subject="check",
            now=now,
            sweeping=pack if sweep else None,
        )

    def afresh(self, pack: Pack, version: int | None = None, now: datetime = NOW) -> Verdict:
        """Ask all of its rows, as if nothing were known."""
        table = self.tables.open(TABLE, version)
        return examine_table(pack, table, self.tables, None, subject="check", now=now).verdict


def pack_of(rules: str, table: str = TABLE) -> Pack:
    """Return a pack with these rules, as YAML without the heading."""
    return parse_pack(f"table: {table}\nrules:\n{rules}", "pack.yaml")


def same(one: Verdict, other: Verdict) -> None:
    """Hold two verdicts against each other: all the same, but for the rounding of sums."""
    assert one.status is other.status
    assert one.counts == other.counts
    assert _comparable(one.findings) == _comparable(other.findings)
    for mine, theirs in zip(_ordered(one.findings), _ordered(other.findings), strict=True):
        assert _close(mine.value, theirs.value), (mine, theirs)


def _ordered(findings: Sequence[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda found: (found.rule_id, found.segment))


def _comparable(findings: Sequence[Finding]) -> list[object]:
    return [
        replace(f, value=None, batch_value=None, message="" if f.value is not None else f.message)
        for f in _ordered(findings)
    ]


def _close(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9) or (
        math.isnan(one) and math.isnan(other)
    )
