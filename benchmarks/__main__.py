"""Runs benchmarks, prints a JSON line for each figure, keeps them in RESULTS.md."""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

from benchmarks import results
from benchmarks.measure import Figure, Note

BENCHMARKS = (
    "guarded_write",
    "guarded_write_memory",
    "guarded_write_vs_peers",
    "small_write",
    "append_recheck",
    "check_rules",
    "check_many_rules",
    "check_memory",
    "start_up",
)


def main() -> None:
    """Measure and report; `--rows` shrinks the input, and then RESULTS.md stays as it is."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--folder", type=Path, help="where to keep the generated input")
    parser.add_argument("--only", nargs="+", choices=BENCHMARKS, default=BENCHMARKS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as temporary:
        folder = options.folder or Path(temporary)
        for name in options.only:
            lines: list[Figure | Note] = []
            for line in import_module(f"benchmarks.{name}").figures(folder, options.rows):
                print(line.text if isinstance(line, Note) else json.dumps(asdict(line)), flush=True)
                lines.append(line)
            if options.rows == parser.get_default("rows"):
                results.keep(name, lines)


if __name__ == "__main__":
    main()
