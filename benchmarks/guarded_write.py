"""The guarded write of 10 million rows with 20 rules, beside the same rows written unguarded.

The gate is open before the clock starts, as the libraries of the others are imported: `start_up`
measures what that takes. The table is made by the write, as by every other contestant.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.check_rules import figure
from benchmarks.data import generate
from benchmarks.measure import Figure, compare, report_child
from benchmarks.rules import twenty
from benchmarks.unguarded import WRITERS
from dq_monitor.gate import Gate, Write
from dq_monitor.model.event import Origin
from dq_monitor.model.pack import Pack
from dq_monitor.store import open_store
from dq_monitor.tables.delta import DeltaTables

GUARDED = "guarded"


def figures(folder: Path, rows: int) -> Iterator[Figure]:
    """Yield the guarded write against each unguarded one."""
    source = generate(folder / f"flights-{rows}.parquet", rows)
    samples = compare("benchmarks.guarded_write", (GUARDED, *WRITERS), source)
    for peer in WRITERS:
        yield figure("guarded_write", peer, rows, samples[GUARDED], samples[peer])
    for peer in WRITERS:
        yield figure(peer, peer, rows, samples[peer], samples[peer])


def gate_at(target: Path, pack: Pack) -> Gate:
    """Return a gate over an empty warehouse and a store on SQLite."""
    store = open_store(f"sqlite:///{target}/store.db")
    return Gate(
        tables=DeltaTables(str(target / "warehouse")),
        packs={pack.table: pack},
        log=store.log,
        history=store.history,
    )


def batch(pack: Pack, frame: pl.LazyFrame, write_id: str) -> Write:
    """Return a batch for the gate."""
    return Write(
        table=pack.table,
        frame=frame,
        write_id=write_id,
        origin=Origin(job="bench", run_id="bench"),
        now=datetime(2014, 6, 1, tzinfo=UTC),
    )


def guarded(source: Path, target: Path) -> Callable[[], dict[str, Any]]:
    """Open a gate; return what writes the rows through it, and says what became of them."""
    pack = twenty()
    gate = gate_at(target, pack)

    def write() -> dict[str, Any]:
        outcome = gate.write(batch(pack, pl.scan_parquet(source), "bench"))
        assert outcome.version is not None, outcome.verdict.reasons  # noqa: S101 - a void figure
        counts = outcome.verdict.counts
        return {"kept": counts.kept, "quarantined": counts.quarantined}

    return write


def main(contestant: str, source: Path, target: Path) -> None:
    """Run one contestant in an empty folder, which is gone afterwards."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    if contestant == GUARDED:
        report_child(guarded(source, target))
    else:
        report_child(lambda: WRITERS[contestant](source, target))
    shutil.rmtree(target)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
