"""The memory of a guarded write: five times the rows, and a little more than their keys."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from benchmarks.data import generate
from benchmarks.measure import Figure, Note, Sample, compare
from benchmarks.rules import twenty

TIMES = 5
BYTES_A_KEY = 8
MEGABYTE = 1_000_000
MODULE = "benchmarks.guarded_write"


def figures(folder: Path, rows: int) -> Iterator[Figure | Note]:
    """Yield the peak of five times the rows against that of the rows, the key hashes apart."""
    samples = {
        size: compare(MODULE, ("guarded",), generate(folder / f"flights-{size}.parquet", size))
        for size in (rows, TIMES * rows)
    }
    few, many = (samples[size]["guarded"] for size in (rows, TIMES * rows))
    yield Figure("guarded_write", 1.0, "itself", rows, few.seconds, few.peak_mb)
    ratio = _apart(many, TIMES * rows) / _apart(few, rows)
    yield Figure(
        "guarded_write_memory",
        round(ratio, 3),
        f"{rows:,} rows",
        TIMES * rows,
        many.seconds,
        many.peak_mb,
    )
    yield Note(f"The ratio is of peaks less {BYTES_A_KEY} bytes a row and key.")


def _apart(sample: Sample, rows: int) -> float:
    """Return the peak without the key hashes."""
    keys = sum(rule.name == "unique" for rule in twenty().rules)
    return sample.peak_mb - rows * keys * BYTES_A_KEY / MEGABYTE
