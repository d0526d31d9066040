"""The history checker: holds what was sent against what tables, store and Delta log say of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from dq_monitor.app import App
from dq_monitor.model.event import (
    BatchCommitted,
    Event,
    WriteAbandoned,
    WriteJudged,
    WriteRejected,
)
from dq_monitor.model.quarantine import STATE, RowState
from dq_monitor.model.table import quarantine_of
from dq_monitor.tables import ledger as quarantine
from tests.acceptance.crash_house import DROPPED, HELD, KEPT, REFUSED, STOPS, TABLE
from tests.bucket_server import Warehouse

Rows = Mapping[str, Counter[int]]  # by batch: how often each of its rows is there


@dataclass(frozen=True)
class Ledger:
    """What is there when all writers are gone: rows, facts, commits, files."""

    table: Rows
    quarantine: Rows
    facts: Mapping[str, Sequence[Event]]
    commits: Mapping[str, Sequence[str]]
    open_writes: Sequence[str]
    strays: Sequence[str]


def read_ledger(app: App, write_ids: Mapping[str, str]) -> Ledger:
    """Read everything; `write_ids` are those of the batches, by key."""
    return Ledger(
        table=_rows(app.tables.scan(TABLE) if app.tables.exists(TABLE) else None),
        quarantine=_rows(_held(app, TABLE)),
        facts={key: app.store.log.write_events(one) for key, one in write_ids.items()},
        commits={key: _verdicts_in_log(app, one) for key, one in write_ids.items()},
        open_writes=app.store.log.open_writes(),
        strays=[*_strays(app, TABLE), *_strays(app, quarantine_of(TABLE))],
    )


def wrong(sent: Mapping[str, pl.DataFrame], ledger: Ledger) -> list[str]:
    """Return everything that is not as it must be; empty when all is well."""
    found = [f"write {one} is open" for one in ledger.open_writes]
    found += [f"file {one} belongs to nothing" for one in ledger.strays]
    found += [f"batch {one} was never sent" for one in ledger.table.keys() - sent.keys()]
    for key, rows in sent.items():
        found += [f"batch {key}: {what}" for what in _wrong_rows(key, rows, ledger)]
        found += [f"batch {key}: {what}" for what in _wrong_facts(key, rows.height, ledger)]
    return found


def _wrong_rows(key: str, rows: pl.DataFrame, ledger: Ledger) -> Iterator[str]:
    table = ledger.table.get(key, Counter())
    quarantine = ledger.quarantine.get(key, Counter())
    fates = {KEPT: (1, 0), HELD: (0, 1), DROPPED: (0, 0)}
    for row, fate in rows.select("row", "fate").iter_rows():
        there = (table[row], quarantine[row])
        if there != fates[fate]:
            yield f"row {row} ({fate}) is {there[0]}x in the table, {there[1]}x in quarantine"
    for row in (table.keys() | quarantine.keys()) - set(rows["row"]):
        yield f"row {row} was never sent"


def _wrong_facts(key: str, height: int, ledger: Ledger) -> Iterator[str]:
    facts = ledger.facts[key]
    given_up = [place for place, fact in enumerate(facts) if isinstance(fact, WriteAbandoned)]
    last = facts[given_up[-1] + 1 :] if given_up else facts
    verdicts = [fact.verdict for fact in last if isinstance(fact, WriteJudged)]
    outcomes = [fact for fact in facts if isinstance(fact, BatchCommitted | WriteRejected)]
    if len(verdicts) != 1 or len(outcomes) != 1:
        yield f"has {len(verdicts)} verdicts and {len(outcomes)} outcomes"
        return
    counts = verdicts[0].counts
    kept = sum(ledger.table.get(key, Counter()).values())
    held = sum(ledger.quarantine.get(key, Counter()).values())
    if (counts.rows_in, counts.kept, counts.quarantined) != (height, kept, held):
        yield f"its verdict says {counts}, there are {kept} kept and {held} held of {height}"
    if counts.kept + counts.quarantined + counts.dropped != counts.rows_in:
        yield f"its verdict's counts do not add up: {counts}"
    committed = isinstance(outcomes[0], BatchCommitted)
    if list(ledger.commits[key]) != [verdicts[0].id] * committed:
        yield f"the Delta log holds the verdicts {ledger.commits[key]}, not {verdicts[0].id}"


def left_over(app: App) -> Iterator[str]:
    """Yield what a dead writer left behind that a recovery should have settled."""
    yield from (f"write {one} is open" for one in app.store.log.open_writes())
    for name in (TABLE, STOPS, quarantine_of(TABLE), quarantine_of(STOPS)):
        if Path(app.tables.uri(name)).exists():
            yield from (f"file {one} belongs to nothing" for one in _strays(app, name))


def wrong_stops(sent: Mapping[str, pl.DataFrame], app: App) -> Iterator[str]:
    """Yield what is wrong after merges that were sent in this order."""
    model: dict[int, tuple[str, int]] = {}
    held = Counter[tuple[str, int]]()
    for key, rows in sent.items():
        for _, stop, served in rows.iter_rows():
            if served < REFUSED:
                model[stop] = (key, served)
            else:
                held[key, stop] += 1
    stored = app.tables.scan(STOPS).select("stop", "batch", "served").collect()
    there = Counter(stored.iter_rows())
    if there != Counter((stop, *row) for stop, row in model.items()):
        yield f"the merged table holds {sorted(there)}, not {sorted(model.items())}"
    waiting = _held(app, STOPS)
    rows = pl.DataFrame() if waiting is None else waiting.select("batch", "stop").collect()
    if Counter(rows.iter_rows()) != held:
        yield f"quarantine holds {sorted(rows.iter_rows())}, not {sorted(held.elements())}"
    yield from (f"file {one} belongs to nothing" for one in _strays(app, STOPS))


def _held(app: App, table: str) -> pl.LazyFrame | None:
    """Return the rows that wait in quarantine: not those of a write that was undone and is back."""
    rows = quarantine.Ledger(app.tables).rows(table)
    return None if rows is None else rows.filter(pl.col(STATE) != RowState.SUPERSEDED.value)


def _rows(scan: pl.LazyFrame | None) -> Rows:
    if scan is None:
        return {}
    found: dict[str, Counter[int]] = {}
    for key, row in scan.select("batch", "row").collect().iter_rows():
        found.setdefault(key, Counter())[row] += 1
    return found


def _verdicts_in_log(app: App, write_id: str) -> list[str]:
    entries = app.tables.open(TABLE).handle.history()
    return [str(one["dq.verdict_id"]) for one in entries if one.get("dq.write_id") == write_id]


def _strays(app: App, table: str) -> Iterator[str]:
    """Yield the files in a table's folder that none of its versions needs."""
    newest = app.tables.version(table)
    versions = [] if newest is None else range(newest + 1)
    known = {file.path for one in versions for file in app.tables.open(table, one).files()}
    there = Warehouse(app.tables.uri(table), dict(app.tables.storage), Path()).paths()
    for name in sorted(there):
        if not name.startswith("_delta_log/") and name not in known:
            yield f"{table}/{name}"
