"""What a write of 1,000 rows pays for its safety: by the gate, and bare, in turn in one process.

Both append to tables that grow alike. The store is SQLite with `synchronous=FULL`, as it is made.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from deltalake import write_deltalake

from benchmarks.data import flights
from benchmarks.guarded_write import batch, gate_at
from benchmarks.measure import ROOT, Figure, Note
from benchmarks.rules import twenty
from dq_monitor.model.pack import Pack

BATCH = 1_000
WRITES = 60
RULES = (5, 20)
BARE = "write_deltalake"
# The bare table may have a checkpoint as often as a guarded one, or as delta-rs does by itself.
TABLES: Mapping[str, dict[str, str | None]] = {
    BARE: {},
    f"{BARE}_checkpoint10": {"delta.checkpointInterval": "10"},
}
Seconds = dict[str, list[float]]


def figures(folder: Path, _rows: int) -> Iterator[Figure | Note]:
    """Yield the median append against each bare one, and say what the first write takes."""
    for rules in RULES:
        with tempfile.TemporaryDirectory(dir=folder) as target:
            command = [sys.executable, "-m", "benchmarks.small_write", str(rules), target]
            done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
        taken: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        for bare in TABLES:
            yield from _lines(rules, bare, taken)


def _lines(rules: int, bare: str, taken: dict[str, Any]) -> Iterator[Figure | Note]:
    """Yield the ratio, and what it means in milliseconds: of an append, and of the first write."""
    mine, theirs = (_median(taken["wall"][name]) for name in ("guarded", bare))
    cpu = _median(taken["cpu"]["guarded"]) / _median(taken["cpu"][bare])
    name = f"small_write_{rules}_rules"
    yield Figure(name, round(mine / theirs, 2), bare, BATCH, round(mine, 3), 0, round(cpu, 2))
    first, first_bare = taken["wall"]["guarded"][0], taken["wall"][bare][0]
    yield Note(
        f"- {rules} rules against {bare}: {mine * 1000:.0f} ms against {theirs * 1000:.0f} ms, so"
        f" {(mine - theirs) * 1000:.0f} ms for safety; the first write, which makes the table,"
        f" {first * 1000:.0f} ms against {first_bare * 1000:.0f} ms."
    )


def _median(seconds: list[float]) -> float:
    """Return the median of the appends: the first write makes the table."""
    return statistics.median(seconds[1:])


def first_rules(count: int) -> Pack:
    """Return the pack with its first rules: those of a unique key are among any five."""
    pack = twenty()
    ordered = sorted(pack.rules, key=lambda rule: rule.name != "unique")
    return replace(pack, rules=tuple(ordered[:count]))


def write_in_turn(rules: int, target: Path) -> dict[str, Seconds]:
    """Append every batch to each table; return the seconds of each write, by the table."""
    pack = first_rules(rules)
    gate = gate_at(target, pack)
    wall: Seconds = {"guarded": [], **{name: [] for name in TABLES}}
    cpu: Seconds = {"guarded": [], **{name: [] for name in TABLES}}
    for number in range(WRITES):
        rows = flights(number * BATCH, BATCH).collect()
        for name in wall:
            start, worked = time.perf_counter(), time.process_time()
            if name == "guarded":
                gate.write(batch(pack, rows.lazy(), str(number)))
            else:
                table = TABLES[name] or None
                write_deltalake(target / name, rows, mode="append", configuration=table)
            wall[name].append(time.perf_counter() - start)
            cpu[name].append(time.process_time() - worked)
    return {"wall": wall, "cpu": cpu}


if __name__ == "__main__":
    print(json.dumps(write_in_turn(int(sys.argv[1]), Path(sys.argv[2]))))
