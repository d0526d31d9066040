"""RESULTS.md: a section for each benchmark, each saying which run it comes from."""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from os import cpu_count
from pathlib import Path

from benchmarks.measure import Figure, Note

RESULTS = Path(__file__).parent / "RESULTS.md"
VERSIONS = ("polars", "deltalake", "pyarrow", "narwhals")
HEADING = "## "
PREFACE = """# Benchmark results

Written by `make bench`; `python -m benchmarks --only NAME` rewrites one section. A ratio is against
what the second column names, measured in the same run, in turn, each in a process of its own;
seconds are medians of three rounds. The CPU ratio is that of the seconds that the cores worked,
which a busy machine disturbs less. Figures of memory are ratios of peaks.
"""


def keep(benchmark: str, lines: Sequence[Figure | Note]) -> None:
    """Replace a benchmark's section in the file; the others stay as they were."""
    before = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else ""
    RESULTS.write_text(replaced(before, benchmark, section(lines)), encoding="utf-8")


def replaced(text: str, benchmark: str, body: str) -> str:
    """Return `text` with the section of one benchmark replaced, or added at the end."""
    _, *parts = f"\n{text}".split(f"\n{HEADING}")
    named = (part.partition("\n") for part in parts)
    sections = {name.strip(): old.strip() for name, _, old in named} | {benchmark: body}
    return "\n".join([PREFACE, *(f"{HEADING}{name}\n\n{b}\n" for name, b in sections.items())])


def section(lines: Sequence[Figure | Note]) -> str:
    """Return the run, the table of its figures, and the notes below."""
    figures = [_row(line) for line in lines if isinstance(line, Figure)]
    notes = [f"\n{line.text}" for line in lines if isinstance(line, Note)]
    return "\n".join(
        [
            _origin(),
            "",
            "| figure | against | ratio | CPU ratio | rows | seconds | peak MB |",
            "|---|---|---:|---:|---:|---:|---:|",
            *figures,
            *notes,
        ]
    )


def _row(f: Figure) -> str:
    cpu = "" if f.cpu_ratio is None else f"{f.cpu_ratio:.2f}"
    cells = (f.name, f.against, f"{f.ratio:.2f}", cpu, f"{f.rows:,}", f"{f.seconds:.2f}")
    return f"| {' | '.join(cells)} | {f.peak_mb:,} |"


def _origin() -> str:
    versions = ", ".join(f"{name} {version(name)}" for name in VERSIONS)
    return (
        f"Run of {datetime.now(UTC):%Y-%m-%d %H:%M} UTC at commit {_commit()}: {cpu_count()} cores,"
        f"\nPython {platform.python_version()}, {versions}."
    )


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=RESULTS.parent)
    return done.stdout.strip() or "unknown"
