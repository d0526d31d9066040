"""Runs every benchmark, prints a JSON line for each figure, keeps the table in RESULTS.md."""

from __future__ import annotations

import argparse
import json
import platform
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from importlib import import_module
from importlib.metadata import version
from os import cpu_count
from pathlib import Path

from benchmarks.measure import Figure

BENCHMARKS = ("guarded_write",)
RESULTS = Path(__file__).parent / "RESULTS.md"
VERSIONS = ("polars", "deltalake", "pyarrow", "narwhals")


def main() -> None:
    """Measure and report; `--rows` shrinks the input, and then RESULTS.md stays as it is."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--folder", type=Path, help="where to keep the generated input")
    options = parser.parse_args()
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(dir=options.folder) as temporary:
        folder = options.folder or Path(temporary)
        for name in BENCHMARKS:
            for figure in import_module(f"benchmarks.{name}").figures(folder, options.rows):
                print(json.dumps(asdict(figure)), flush=True)
                figures.append(figure)
    if options.rows == parser.get_default("rows"):
        RESULTS.write_text(_table(figures), encoding="utf-8")


def _table(figures: Sequence[Figure]) -> str:
    machine = f"{cpu_count()} cores, Python {platform.python_version()}, " + ", ".join(
        f"{name} {version(name)}" for name in VERSIONS
    )
    rows = [
        f"| {f.name} | {f.against} | {f.ratio:.2f} | {f.rows:,} | {f.seconds:.2f} | {f.peak_mb:,} |"
        for f in figures
    ]
    return "\n".join(
        [
            "# Benchmark results",
            "",
            f"Last run of `make bench`: {machine}. Every ratio is against a peer measured in the",
            "same run, in turn, each in a process of its own; seconds are medians of three rounds.",
            "",
            "| figure | against | ratio | rows | seconds | peak MB |",
            "|---|---|---:|---:|---:|---:|",
            *rows,
            "",
        ]
    )


if __name__ == "__main__":
    main()
