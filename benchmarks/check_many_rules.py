"""Checking a table where it lies by 200 rules, beside 20 of ours and the same 200 of a peer."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.check_rules import OURS, figure, peer_command
from benchmarks.checking import command
from benchmarks.data import blemished
from benchmarks.measure import Figure, in_turn
from benchmarks.variants import two_hundred

IMPORT_POLARS = """
from benchmarks.measure import report_child
report_child(lambda: __import__("polars") and None)
"""


def figures(folder: Path, rows: int) -> Iterator[Figure]:
    """Yield 200 rules against 20 of ours and 200 of dataframely, and what compiling them takes."""
    source = blemished(folder / f"blemished-{rows}.parquet", rows)
    ours = ("dq_monitor_200", OURS, "compile_200")
    commands = {name: command(name, source) for name in ours}
    commands["dataframely"] = peer_command("dataframely", two_hundred(), folder, source)
    commands["import polars"] = [sys.executable, "-c", IMPORT_POLARS]
    samples = in_turn(commands)
    many, compiling = samples["dq_monitor_200"], samples["compile_200"]
    yield figure("check_200_rules", "check_20_rules", rows, many, samples[OURS])
    yield figure("check_200_rules", "dataframely", rows, many, samples["dataframely"])
    yield figure("compile_200_rules", "import polars", 0, compiling, samples["import polars"])
