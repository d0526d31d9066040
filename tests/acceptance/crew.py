"""Processes that begin in a blink: forked from one that has the imports and did nothing else."""

from __future__ import annotations

import os
import runpy
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, ForkServerProcess
from multiprocessing.synchronize import Barrier
from pathlib import Path

from dq_monitor.registry import plugs

IMPORTED = (
    "pytest",
    "hypothesis.strategies",  # pandera takes it where it is installed
    "pandera.polars",
    "psycopg",
    "narwhals._polars.namespace",
    "dq_monitor.cli.run",
    "dq_monitor.sources.csv",
    "dq_monitor.sources.parquet",
)


@dataclass(frozen=True)
class Said:
    """How a command ended and everything it said."""

    code: int
    text: str


class Crew:
    """Starts processes; each is a fresh one, which may be killed."""

    def __init__(self) -> None:
        self._context: ForkServerContext = get_context("forkserver")
        checks = (f"dq_monitor.checks.{name}" for name in plugs("dq_monitor.checks"))
        self._context.set_forkserver_preload([*IMPORTED, *checks])

    def start(
        self, work: Callable[..., None], *arguments: object
    ) -> tuple[ForkServerProcess, Connection]:
        """Start a process on `work`, whose last argument is the other end of the connection."""
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=work, args=(*arguments, theirs))
        process.start()
        theirs.close()
        return process, ours

    def barrier(self, size: int) -> Barrier:
        """Return where `size` processes wait for each other."""
        return self._context.Barrier(size)

    def dqm(self, folder: Path, arguments: Sequence[str], environment: Mapping[str, str]) -> Said:
        """Run `python -m dq_monitor ARGUMENTS` in a folder; return how it ended."""
        with tempfile.NamedTemporaryFile() as output:
            process, ours = self.start(_dqm, folder, arguments, dict(environment), output.name)
            process.join()
            ours.close()
            return Said(process.exitcode or 0, output.read().decode())


def _dqm(
    folder: Path,
    arguments: Sequence[str],
    environment: Mapping[str, str],
    output: str,
    _theirs: Connection,
) -> None:
    file = os.open(output, os.O_WRONLY | os.O_APPEND)
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.chdir(folder)
    for name in [name for name in os.environ if name.startswith("DQM_")]:
        del os.environ[name]
    os.environ.update(environment)
    sys.argv = ["dqm", *arguments]
    runpy.run_module("dq_monitor", run_name="__main__", alter_sys=True)
