"""The most memory that checking takes, at one size and at five times as many rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from benchmarks.checking import command
from benchmarks.data import blemished
from benchmarks.measure import Figure, Sample, in_turn

LARGER = 5
BARS_MB = (1_500, 2_500)  # for the smaller and the larger table
CONTESTANTS = ("dq_monitor", "dq_monitor_no_keys", "hand")


def figures(folder: Path, rows: int) -> Iterator[Figure]:
    """Yield peak memory against its bars; without rules of keys, against the smaller table's."""
    sizes = (rows, rows * LARGER)
    paths = [blemished(folder / f"blemished-{size}.parquet", size) for size in sizes]
    few, many = ({n: command(n, path) for n in CONTESTANTS} for path in paths)
    smaller, larger = in_turn(few, rounds=1), in_turn(many, rounds=1)
    for size, samples, bar in zip(sizes, (smaller, larger), BARS_MB, strict=True):
        limit = f"{bar / 1_000:g} GB"
        yield _figure("check_20_rules_memory", limit, size, samples["dq_monitor"], bar)
        yield _figure("hand_memory", limit, size, samples["hand"], bar)
    base = smaller["dq_monitor_no_keys"].peak_mb
    against = f"{rows:,} rows"
    yield _figure("check_18_rules_memory", against, sizes[1], larger["dq_monitor_no_keys"], base)


def _figure(name: str, against: str, rows: int, sample: Sample, bar_mb: int) -> Figure:
    ratio = round(sample.peak_mb / bar_mb, 3)
    return Figure(name, ratio, against, rows, round(sample.seconds, 3), sample.peak_mb)
