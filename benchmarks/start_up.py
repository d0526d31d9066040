"""Starting up: the import of the package and the help of its command, against importing Polars."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import Figure, in_turn, whole_process

ROUNDS = 9  # short and noisy
POLARS = "import polars"
COMMANDS = {
    POLARS: [sys.executable, "-c", "import polars"],
    "import": [sys.executable, "-c", "import dq_monitor"],
    "cli_help": [str(Path(sys.executable).with_name("dqm")), "--help"],
}


def figures(folder: Path, rows: int) -> Iterator[Figure]:  # noqa: ARG001 - as every benchmark
    """Yield the time of the whole process, from outside."""
    samples = in_turn(COMMANDS, whole_process, ROUNDS)
    for name in ("import", "cli_help"):
        ratio = samples[name].seconds / samples[POLARS].seconds
        yield Figure(name, round(ratio, 3), POLARS, 0, round(samples[name].seconds, 3), 0)
