"""The guarded write beside the way of other libraries: check, filter, `write_deltalake`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.check_rules import figure, peer_command
from benchmarks.data import generate
from benchmarks.measure import Figure, in_turn
from benchmarks.rules import twenty

PEERS = ("dataframely", "pointblank", "pandera")
OURS = "guarded"


def figures(folder: Path, rows: int) -> Iterator[Figure]:
    """Yield the same table and quarantine, written by the gate and by each peer."""
    source = generate(folder / f"flights-{rows}.parquet", rows)
    out = str(folder / "out")
    ours = [sys.executable, "-m", "benchmarks.guarded_write", OURS, str(source), out]
    commands = {OURS: ours}
    commands |= {name: [*peer_command(name, twenty(), folder, source), out] for name in PEERS}
    samples = in_turn(commands)
    kept = {name: sample.found["kept"] for name, sample in samples.items()}
    assert len(set(kept.values())) == 1, kept  # noqa: S101 - a void figure
    for name in PEERS:
        yield figure("guarded_write_vs_peers", name, rows, samples[OURS], samples[name])
    for name in PEERS:
        yield figure(f"{name}_write", name, rows, samples[name], samples[name])
