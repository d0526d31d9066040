"""Checking a table where it lies by 20 rules, beside a program by hand and the peers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from benchmarks import counts
from benchmarks.checking import command
from benchmarks.data import blemished, generate
from benchmarks.environments import python_of
from benchmarks.measure import Figure, Note, Sample, in_turn
from benchmarks.rules import plain, twenty
from dq_monitor.model.pack import Pack

PEERS = ("pointblank", "dataframely", "pandera", "cuallee", "soda", "great_expectations")
OURS = "dq_monitor"
HAND = "hand"


def figures(folder: Path, rows: int) -> Iterator[Figure | Note]:
    """Yield 20 rules on Parquet, on Delta and on rows without faults."""
    source = blemished(folder / f"blemished-{rows}.parquet", rows)
    yield from _twenty(folder, source, rows)
    for kind, path in (("delta", _delta(source)), ("clean", _clean(folder, rows))):
        pair = in_turn({name: command(name, path) for name in (OURS, HAND)})
        yield figure(f"check_20_rules_{kind}", HAND, rows, pair[OURS], pair[HAND])


def _twenty(folder: Path, source: Path, rows: int) -> Iterator[Figure | Note]:
    commands = {name: command(name, source) for name in (OURS, HAND)}
    commands |= {name: peer_command(name, twenty(), folder, source) for name in PEERS}
    samples = in_turn(commands)
    ours, by_hand = samples[OURS], samples[HAND]
    wrong = counts.differing(by_hand.found, ours.found)
    assert not wrong, wrong  # noqa: S101 - a void figure
    for name in (HAND, *PEERS):
        yield figure("check_20_rules", name, rows, ours, samples[name])
    for name in (HAND, *PEERS):
        yield figure(name, HAND, rows, samples[name], by_hand)
    others = {name: samples[name].found for name in (HAND, *PEERS)}
    yield Note(counts.table(ours.found, others))


def peer_command(name: str, pack: Pack, folder: Path, source: Path) -> list[str]:
    """Return the command that has a peer ask the rules of `pack` in its own environment."""
    rules = folder / f"rules-{len(pack.rules)}.json"
    rules.write_text(json.dumps(plain(pack)), encoding="utf-8")
    return [str(python_of(name)), "-m", "benchmarks.peers", name, str(rules), str(source)]


def _delta(source: Path) -> Path:
    table = source.with_suffix(".delta")
    if not table.exists():
        pl.scan_parquet(source).sink_delta(table)
    return table


def _clean(folder: Path, rows: int) -> Path:
    return generate(folder / f"flights-{rows}.parquet", rows)


def figure(name: str, against: str, rows: int, mine: Sample, theirs: Sample) -> Figure:
    """Return one line of the table, by the clock and by the seconds that the cores worked."""
    ratio, cpu_ratio = round(mine.seconds / theirs.seconds, 3), round(mine.cpu / theirs.cpu, 3)
    return Figure(name, ratio, against, rows, round(mine.seconds, 3), mine.peak_mb, cpu_ratio)
