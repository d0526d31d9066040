"""Checking a stored table again after one percent was appended, beside checking that percent alone.

Run by itself it is one of the contestants: `python -m benchmarks.append_recheck NAME FOLDER`.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.check_rules import figure
from benchmarks.data import CHUNK, flights, spoilt
from benchmarks.measure import Figure, Note, in_turn, report_child
from benchmarks.rules import twenty
from dq_monitor.examination import Examined, examine_table
from dq_monitor.model.pack import Pack
from dq_monitor.packs import parse_pack
from dq_monitor.states.memory import Memory
from dq_monitor.store import open_store
from dq_monitor.tables.delta import DeltaTables

LARGER = 5
NOW = datetime(2014, 6, 1, tzinfo=UTC)
TABLE, PERCENT = "bench.flights", "bench.percent"
RECHECK, ALONE, AFRESH, UNCHANGED = "append_recheck", "one_percent", "afresh", "unchanged"
HASHED, HASHED_ALONE = "append_recheck_hashed", "one_percent_hashed"
# One more key, of a text and a number: its hashes lie anywhere among those of the stored rows.
HASHED_KEY = "table: t\nrules:\n  - unique: [booking, id]\n    id: hashed_key\n"
NOTE = """`append_recheck` asks the 20 rules of a Delta table to which one percent was appended
since it was checked last, `one_percent` asks them of a table that holds these rows alone, without
anything remembered; `unchanged` asks a table that did not change, `afresh` one of which nothing is
known. `..._hashed` has one more rule, a unique key of a text and a number, of which 64 bits are a
hash."""


def figures(folder: Path, rows: int) -> Iterator[Figure | Note]:
    """Yield what checking again costs at one size and at five times as many rows."""
    for size in (rows, rows * LARGER):
        place = _tables(folder / f"append-{size}", size)
        names = (RECHECK, ALONE, HASHED, HASHED_ALONE, UNCHANGED, AFRESH)
        samples = in_turn({name: _command(name, place) for name in names})
        one = samples[ALONE]
        assert samples[RECHECK].found == samples[AFRESH].found  # noqa: S101 - a void figure
        yield figure(RECHECK, ALONE, size, samples[RECHECK], one)
        yield figure(HASHED, HASHED_ALONE, size, samples[HASHED], samples[HASHED_ALONE])
        yield figure(UNCHANGED, ALONE, size, samples[UNCHANGED], one)
        yield figure(AFRESH, ALONE, size, samples[AFRESH], one)
    yield Note(NOTE)


def _command(name: str, place: Path) -> list[str]:
    return [sys.executable, "-m", "benchmarks.append_recheck", name, str(place)]


def _tables(place: Path, rows: int) -> Path:
    """Write the tables, remember the larger one, and append the percent to it."""
    if place.exists():
        return place
    percent = rows // 100
    tables = DeltaTables(str(place / "warehouse"))
    for start in range(0, rows, CHUNK):
        _append(tables.uri(TABLE), start, min(CHUNK, rows - start))
    _append(tables.uri(PERCENT), rows, percent)
    _examined(place, place / "known", pack=_with_hashed())
    _append(tables.uri(TABLE), rows, percent)
    return place


def _append(uri: str, start: int, size: int) -> None:
    Path(uri).mkdir(parents=True, exist_ok=True)
    spoilt(flights(start, size)).sink_delta(uri, mode="append")


def _with_hashed() -> Pack:
    pack = twenty()
    return replace(pack, rules=(*pack.rules, *parse_pack(HASHED_KEY, "append_recheck").rules))


def _examined(place: Path, memory: Path | None, pack: Pack, table: str = TABLE) -> Examined:
    tables = DeltaTables(str(place / "warehouse"))
    if memory is None:
        return _ask(pack, tables, None, table)
    with closing(open_store(f"sqlite:///{memory / 'store.db'}")) as store:
        return _ask(pack, tables, Memory(store.states, memory / "states"), table)


def _ask(pack: Pack, tables: DeltaTables, memory: Memory | None, table: str) -> Examined:
    snapshot = tables.open(table)
    return examine_table(pack, snapshot, tables, memory, subject="bench", now=NOW)


def _copy(place: Path) -> Path:
    """Return a copy of what was remembered before the append; files of keys are never changed."""
    copy = place / "trial"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(place / "known" / "states", copy / "states", copy_function=os.link)
    shutil.copy(place / "known" / "store.db", copy / "store.db")
    return copy


def _found(examined: Examined) -> dict[str, Any]:
    findings = examined.verdict.findings
    return {f.rule_id: f.failing for f in findings if f.failing is not None}


def _work(name: str, place: Path) -> Callable[[], dict[str, Any]]:
    """Prepare what is not timed, and return what is."""
    pack = _with_hashed() if name in {HASHED, HASHED_ALONE} else twenty()
    if name in {ALONE, HASHED_ALONE}:
        return lambda: _found(_examined(place, None, pack, PERCENT))
    if name == AFRESH:
        return lambda: _found(_examined(place, None, pack))
    memory = _copy(place)
    if name == UNCHANGED:
        _examined(place, memory, pack)
    return lambda: _found(_examined(place, memory, pack))


if __name__ == "__main__":
    report_child(_work(sys.argv[1], Path(sys.argv[2])))
