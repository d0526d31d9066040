"""`dqm check`: audits a table or a file that exists already, where it lies."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dq_monitor.app import memory_of
from dq_monitor.cli import _places as places
from dq_monitor.cli._target import is_table, open_target, pack_of, require_version
from dq_monitor.engines.address import Address
from dq_monitor.engines.refusal import POLARS, refuse
from dq_monitor.errors import DqmError, ExitCode, UsageError
from dq_monitor.examination import (
    Examined,
    examine,
    examine_in_place,
    examine_table,
    references_of,
    referred_to,
)
from dq_monitor.model.pack import Pack
from dq_monitor.model.verdict import SEVERITY, Finding, Status, Verdict
from dq_monitor.packs import load_pack
from dq_monitor.settings import Settings, load_settings
from dq_monitor.sources import reading
from dq_monitor.states.memory import Memory
from dq_monitor.states.recheck import Reading
from dq_monitor.store import open_store
from dq_monitor.tables.delta import DeltaTables
from dq_monitor.tables.warehouse import open_tables

FIX = "name one with --pack FILE"
COLOURS = {
    Status.PASS: "green",
    Status.WARN: "yellow",
    Status.FAIL: "red",
    Status.ERROR: "bold red",
    Status.NOT_EVALUATED: "dim",
}


@click.command(name="check")
@click.argument("target", metavar="TABLE|FILE|URL")
@click.option(
    "--pack",
    "pack_file",
    type=click.Path(path_type=Path),
    help="the rule pack; by default the one in the rules folder that guards TABLE",
)
@click.option(
    "--engine",
    help="polars, duckdb, spark, postgres or clickhouse; by default the URL's own, else polars",
)
@click.option("--version", type=click.IntRange(0), help="an older version of a Delta table")
@click.option("--json", "as_json", is_flag=True, help="print JSON instead of a table")
@click.option("--fresh", is_flag=True, help="read every file of TABLE, whatever is known of it")
def command(
    target: str,
    pack_file: Path | None,
    engine: str | None,
    version: int | None,
    *,
    as_json: bool,
    fresh: bool,
) -> None:
    """Judge what exists by a rule pack, and change nothing.

    TABLE|FILE is a table of the warehouse (silver.flights), a Delta folder or URL, or a CSV,
    Parquet or JSON lines file. URL is a table of another engine, which is asked where it lies:
    postgresql://USER@HOST/DB?table=SCHEMA.NAME, clickhouse://HOST:PORT/DB?table=NAME,
    sc://HOST:PORT?table=CATALOG.SCHEMA.NAME, duckdb:///PATH?table=SCHEMA.NAME; one with a password
    in it stays out of sight as env:NAME or file:PATH, and ?table= may stand behind that. Rows are
    judged as one batch; anomalies need a history and are left out. Of a table of the warehouse only
    the files are read that were not asked the same before. The exit code is 1 when a rule fails.
    """
    settings = load_settings()
    address = places.address_of(target)
    label = address.label if address else target
    chosen = places.engine_of(address, engine)
    table = address.table if address else target
    pack = load_pack(pack_file) if pack_file else pack_of(table, settings, FIX)
    refuse(pack.rules, chosen, places.cannot(chosen))
    if version is not None and (address or chosen != POLARS):
        raise UsageError(f"--version with {chosen}", fix="leave --engine out, or --version")
    now, tables = datetime.now(UTC), open_tables(settings)
    asking = _Asking(pack, chosen, f"check:{label}", now, tables, version)
    reading = None
    if chosen == POLARS and not address and is_table(target, tables):
        require_version(target, tables, version)
        with _memory(settings, fresh=fresh) as memory:
            found = asking.table(target, memory, guards=pack_file is None and version is None)
        verdict, reading = found.verdict, found.reading
    else:
        verdict = asking.there(address) if address else asking.here(target)
    if as_json:
        click.echo(json.dumps(_plain(label, verdict, reading), indent=2))
    else:
        _show(label, verdict, reading)
    if SEVERITY[verdict.status] >= SEVERITY[Status.FAIL]:
        raise click.exceptions.Exit(ExitCode.DATA_FAILED)


@dataclass(frozen=True, slots=True)
class _Asking:
    """A pack that is asked, of what lies here or there."""

    pack: Pack
    engine: str
    subject: str
    now: datetime
    tables: DeltaTables
    version: int | None = None

    def table(self, target: str, memory: Memory | None, *, guards: bool) -> Examined:
        """Ask a table of the warehouse; `guards` says that the pack is the table's own."""
        with reading({target: self.tables.scan(target, self.version)}):
            return examine_table(
                self.pack,
                self.tables.open(target, self.version),
                self.tables,
                memory,
                subject=self.subject,
                now=self.now,
                sweeping=self.pack if guards else None,
            )

    def here(self, target: str) -> Verdict:
        """Ask a table or file of our own, on Polars or through DuckDB."""
        if self.engine != POLARS:
            with places.held(target, self.tables) as place:
                return self._in_place(place)
        found = open_target(target, self.tables, self.version)
        with reading({target: found.frame}):
            return examine(
                self.pack,
                found.frame,
                references_of(self.pack, self.tables),
                subject=self.subject,
                now=self.now,
                columnar=found.columnar,
                files=found.files,
            )

    def there(self, address: Address) -> Verdict:
        """Ask a table of another engine, where it lies; on Polars it is fetched whole."""
        with places.opened(address) as place:
            if self.engine != POLARS:
                return self._in_place(place)
            fetch = place.backend.collect
            references = place.references(referred_to(self.pack))
            return examine(
                self.pack,
                fetch(place.rows).lazy(),
                {name: fetch(frame).lazy() for name, frame in references.items()},
                subject=self.subject,
                now=self.now,
            )

    def _in_place(self, place: places.Place) -> Verdict:
        return examine_in_place(
            self.pack,
            place.rows,
            place.references(referred_to(self.pack)),
            engine=self.engine,
            backend=place.backend,
            subject=self.subject,
            now=self.now,
            files=place.files,
        )


@contextmanager
def _memory(settings: Settings, *, fresh: bool) -> Iterator[Memory | None]:
    """Open what is known of tables; None where that cannot be done: it only costs time."""
    try:
        store = None if fresh else open_store(settings.store)
    except DqmError:
        store = None
    try:
        yield memory_of(settings, store) if store else None
    finally:
        if store:
            store.close()


def _show(target: str, verdict: Verdict, reading: Reading | None) -> None:
    table = Table(title=f"{target}: {verdict.counts.rows_in:,} rows by pack {verdict.pack}")
    for name in ("status", "rule", "found", "allowed"):
        table.add_column(name, overflow="fold")
    for status, *words in _lines(verdict.findings):
        table.add_row(_coloured(Status(status)), *map(Text, words))
    console = Console(markup=False, highlight=False)
    console.print(table)
    if reading:
        console.print(f"{reading.files_read:,} files read, {reading.files_remembered:,} known")
    console.print(f"{target}: {verdict.status}")


def _lines(findings: Sequence[Finding]) -> Iterator[tuple[str, str, str, str]]:
    """Word each finding, the worst first; segments of one rule that pass are told together."""
    good: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.segment and finding.status is Status.PASS:
            good.setdefault(finding.rule_id, []).append(finding)
    alike = {rule for rule, found in good.items() if len(found) > 1}
    for one in sorted(findings, key=lambda one: -SEVERITY[one.status]):
        if one.status is not Status.PASS or one.rule_id not in alike:
            name = f"{one.rule_id} [{one.segment}]" if one.segment else one.rule_id
            yield one.status, name, one.message, one.expected
        elif one is good[one.rule_id][0]:
            count = len(good[one.rule_id])
            yield one.status, one.rule_id, f"{count:,} segments pass", one.expected


def _coloured(status: Status) -> Text:
    return Text(status.value, COLOURS[status])


def _plain(target: str, verdict: Verdict, reading: Reading | None) -> Mapping[str, Any]:
    return {
        "target": target,
        "table": verdict.table,
        "pack": verdict.pack,
        "fingerprint": verdict.fingerprint,
        "status": verdict.status,
        "rows": verdict.counts.rows_in,
        "files": asdict(reading) if reading else None,
        "findings": [_finding(finding) for finding in verdict.findings],
    }


def _finding(finding: Finding) -> Mapping[str, Any]:
    return {
        "rule": finding.rule_id,
        "segment": finding.segment,
        "check": finding.check,
        "columns": finding.columns,
        "status": finding.status,
        "failing": finding.failing,
        "passing": finding.passing,
        "value": finding.value,
        "expected": finding.expected,
        "message": finding.message,
    }
