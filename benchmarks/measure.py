"""Runs contestants in turn, each in a process of its own, and keeps the median."""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Sample:
    """One contestant: median seconds of its rounds, and the largest peak memory in MB."""

    seconds: float
    peak_mb: int


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table: `seconds` divided by those of `against`, from the same run."""

    name: str
    ratio: float
    against: str
    rows: int
    seconds: float
    peak_mb: int


def compare(module: str, contestants: Sequence[str], source: Path) -> dict[str, Sample]:
    """Run every contestant once to warm up, then `ROUNDS` times in turn: A B C A B C.

    In turn, so that a slow spell of the machine falls on all of them.
    """
    runs: dict[str, list[Sample]] = {name: [] for name in contestants}
    for number in range(ROUNDS + 1):
        for name in contestants:
            sample = _run(module, name, source)
            if number:
                runs[name].append(sample)
    return {
        name: Sample(statistics.median(s.seconds for s in samples), max(s.peak_mb for s in samples))
        for name, samples in runs.items()
    }


def report_child(work: Callable[[], None]) -> None:
    """Do the work and print how long it took and how much memory the process used at most."""
    start = time.perf_counter()
    work()
    seconds = time.perf_counter() - start
    peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"seconds": seconds, "peak_mb": peak_kb // 1024}))


def _run(module: str, name: str, source: Path) -> Sample:
    target = source.parent / "out"
    command = [sys.executable, "-m", module, name, str(source), str(target)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return Sample(**json.loads(done.stdout.splitlines()[-1]))
