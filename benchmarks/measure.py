"""Runs contestants in turn, each in a process of its own, and keeps the median."""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

ROUNDS = 3
ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Sample:
    """One contestant: median seconds of its rounds, and the largest peak memory in MB.

    `cpu` is the median of the seconds that its cores worked: on a busy machine it waits less for
    others than `seconds` do. `found` is what it answered, where it is asked for more than its time.
    """

    seconds: float
    peak_mb: int
    cpu: float = 0.0
    found: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table: `seconds` divided by those of `against`, from the same run.

    Figures named `..._memory` divide `peak_mb` instead. `cpu_ratio` is the same of CPU seconds.
    """

    name: str
    ratio: float
    against: str
    rows: int
    seconds: float
    peak_mb: int
    cpu_ratio: float | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """A piece of Markdown below the table: what the figures alone do not say."""

    text: str


def compare(module: str, contestants: Sequence[str], source: Path) -> dict[str, Sample]:
    """Run contestants of a module by their names: see `in_turn`."""
    target = str(source.parent / "out")
    command = [sys.executable, "-m", module]
    return in_turn({name: [*command, name, str(source), target] for name in contestants})


def in_turn(
    commands: Mapping[str, Sequence[str]],
    run: Callable[[Sequence[str]], Sample] | None = None,
    rounds: int = ROUNDS,
) -> dict[str, Sample]:
    """Run every command once to warm up, then `rounds` times in turn: A B C A B C.

    In turn, so that a slow spell of the machine falls on all of them. `run` makes a sample of a
    command; by default what `report_child` printed in it.
    """
    runs: dict[str, list[Sample]] = {name: [] for name in commands}
    for number in range(rounds + 1):
        for name, command in commands.items():
            sample = (run or _reported)(command)
            if number:
                runs[name].append(sample)
    return {name: _median(samples) for name, samples in runs.items()}


def whole_process(command: Sequence[str]) -> Sample:
    """Run a command and take its time from outside, with the start of the interpreter."""
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT)
    return Sample(time.perf_counter() - start, 0)


def report_child(work: Callable[[], Mapping[str, Any] | None]) -> None:
    """Do the work and print how long it took, the most memory the process used, and its answer."""
    start, cpu = time.perf_counter(), time.process_time()
    found = work()
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    sample = Sample(seconds, _peak_mb(), cpu, found or {})
    print(json.dumps(asdict(sample)))


def _peak_mb() -> int:
    """Return this process's own peak: what getrusage says starts at its parent's size."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    peak = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(peak.split()[1]) // 1024


def _reported(command: Sequence[str]) -> Sample:
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT)
    if done.returncode:
        raise RuntimeError(f"{command} ended with {done.returncode}:\n{done.stderr[-4000:]}")
    return Sample(**json.loads(done.stdout.splitlines()[-1]))


def _median(samples: Sequence[Sample]) -> Sample:
    return Sample(
        statistics.median(s.seconds for s in samples),
        max(s.peak_mb for s in samples),
        statistics.median(s.cpu for s in samples),
        samples[-1].found,
    )
