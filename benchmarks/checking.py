"""Runs one of our own contestants: `python -m benchmarks.checking NAME SOURCE`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import narwhals.stable.v2 as nw
import polars as pl

from benchmarks import hand
from benchmarks.measure import report_child
from benchmarks.rules import twenty, without_keys
from benchmarks.variants import two_hundred
from dq_monitor.engines.plan import compile_rules
from dq_monitor.examination import examine
from dq_monitor.model.pack import Pack
from dq_monitor.model.view import View

NOW = datetime(2014, 6, 1, tzinfo=UTC)
Found = dict[str, float | None]
Prepare = Callable[[Path], Callable[[], Found | None]]


def command(contestant: str, source: Path) -> list[str]:
    """Return what runs a contestant in a process of its own; a folder is read as a Delta table."""
    return [sys.executable, "-m", "benchmarks.checking", contestant, str(source)]


def examined(pack: Pack, frame: pl.LazyFrame) -> Found:
    """Return what dq_monitor says of each rule: its failing rows, or a table rule's value."""
    verdict = examine(pack, frame, {}, subject="bench", now=NOW, columnar=True)
    return {f.rule_id: f.value if f.failing is None else f.failing for f in verdict.findings}


def by_hand(frame: pl.LazyFrame) -> Found:
    """Return the same of the program written by hand."""
    answers = hand.count(frame)
    return {rule: a.value if a.failing is None else a.failing for rule, a in answers.items()}


def _asking(pack: Pack) -> Prepare:
    return lambda source: lambda: examined(pack, _open(source))


def _compiling(source: Path) -> Callable[[], None]:
    pack, schema = two_hundred(), nw.from_native(_open(source)).collect_schema()
    view = View(dict(schema), NOW, pack.timezone)

    def work() -> None:
        plan = compile_rules(pack.rules, view)
        assert not plan.errors, plan.errors  # noqa: S101 - a void figure

    return work


def _open(source: Path) -> pl.LazyFrame:
    return pl.scan_delta(source) if source.is_dir() else pl.scan_parquet(source)


# What each prepares untimed (packs are read once in a process), and returns to be timed.
CONTESTANTS: Mapping[str, Callable[[], Prepare]] = {
    "dq_monitor": lambda: _asking(twenty()),
    "dq_monitor_no_keys": lambda: _asking(without_keys(twenty())),
    "dq_monitor_200": lambda: _asking(two_hundred()),
    "hand": lambda: lambda source: lambda: by_hand(_open(source)),
    "compile_200": lambda: _compiling,
}

if __name__ == "__main__":
    name, path = sys.argv[1:]
    report_child(CONTESTANTS[name]()(Path(path)))
