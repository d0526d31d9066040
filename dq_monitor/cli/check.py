"""`dqm check`: audits a table or a file that exists already, where it lies."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import polars as pl
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dq_monitor.audit import examine, references_of
from dq_monitor.errors import ExitCode, PackMissing, SourceMissing
from dq_monitor.model.check import Files
from dq_monitor.model.pack import Pack
from dq_monitor.model.verdict import SEVERITY, Finding, Status, Verdict
from dq_monitor.packs import load_pack, load_packs
from dq_monitor.ports import Source
from dq_monitor.registry import plug
from dq_monitor.settings import Settings, load_settings
from dq_monitor.sources import kind_of, reading
from dq_monitor.tables.delta import DeltaTables, files_at

COLOURS = {
    Status.PASS: "green",
    Status.WARN: "yellow",
    Status.FAIL: "red",
    Status.ERROR: "bold red",
    Status.NOT_EVALUATED: "dim",
}


@click.command(name="check")
@click.argument("target", metavar="TABLE|FILE")
@click.option(
    "--pack",
    "pack_file",
    type=click.Path(path_type=Path),
    help="the rule pack; by default the one in the rules folder that guards TABLE",
)
@click.option("--json", "as_json", is_flag=True, help="print JSON instead of a table")
def command(target: str, pack_file: Path | None, *, as_json: bool) -> None:
    """Judge what exists by a rule pack, and write nothing.

    TABLE|FILE is a table of the warehouse (silver.flights), a Delta folder or URL, or a CSV,
    Parquet or JSON lines file. Its rows are judged as one batch; anomalies need a history and are
    left out. The exit code is 1 when a rule fails.
    """
    settings = load_settings()
    pack = load_pack(pack_file) if pack_file else _pack_of(target, settings)
    tables = DeltaTables(settings.tables)
    frame = _scan(target, tables)
    now = datetime.now(UTC)
    with reading({target: frame}):
        references = references_of(pack, tables)
        verdict = examine(
            pack,
            frame,
            references,
            subject=f"check:{target}",
            now=now,
            files=_files(target, tables),
        )
    if as_json:
        click.echo(json.dumps(_plain(target, verdict), indent=2))
    else:
        _show(target, verdict)
    if SEVERITY[verdict.status] >= SEVERITY[Status.FAIL]:
        raise click.exceptions.Exit(ExitCode.DATA_FAILED)


def _pack_of(table: str, settings: Settings) -> Pack:
    packs = load_packs(settings.rules) if settings.rules.is_dir() else {}
    if table not in packs:
        raise PackMissing(table, fix="name one with --pack FILE")
    return packs[table]


def _scan(target: str, tables: DeltaTables) -> pl.LazyFrame:
    kind = _kind(target)
    if kind:
        source: Source = plug("dq_monitor.sources", kind, "source")()
        return source.scan(target, {})
    if tables.exists(target):
        return tables.scan(target)
    raise SourceMissing(
        f"{target!r} is no file and no table in {tables.root}", fix="correct the name or the path"
    )


def _files(target: str, tables: DeltaTables) -> Files | None:
    """Return the data files of a Delta table; None for a single file."""
    kind = _kind(target)
    return files_at(target if kind else tables.uri(target)) if kind in {"", "delta"} else None


def _kind(target: str) -> str:
    """Return the source that reads `target`; empty for what is not there, or a table's name."""
    path = Path(target)
    if "://" in target or path.is_dir():
        return "delta"
    if not path.exists():
        return ""
    return kind_of(path.name) or "csv"


def _show(target: str, verdict: Verdict) -> None:
    table = Table(title=f"{target}: {verdict.counts.rows_in:,} rows by pack {verdict.pack}")
    for name in ("status", "rule", "found", "allowed"):
        table.add_column(name, overflow="fold")
    for finding in sorted(verdict.findings, key=lambda one: -SEVERITY[one.status]):
        words = (finding.rule_id, finding.message, finding.expected)
        table.add_row(_coloured(finding.status), *map(Text, words))
    console = Console(markup=False, highlight=False)
    console.print(table)
    console.print(f"{target}: {verdict.status}")


def _coloured(status: Status) -> Text:
    return Text(status.value, COLOURS[status])


def _plain(target: str, verdict: Verdict) -> Mapping[str, Any]:
    return {
        "target": target,
        "table": verdict.table,
        "pack": verdict.pack,
        "fingerprint": verdict.fingerprint,
        "status": verdict.status,
        "rows": verdict.counts.rows_in,
        "findings": [_finding(finding) for finding in verdict.findings],
    }


def _finding(finding: Finding) -> Mapping[str, Any]:
    return {
        "rule": finding.rule_id,
        "check": finding.check,
        "columns": finding.columns,
        "status": finding.status,
        "failing": finding.failing,
        "passing": finding.passing,
        "value": finding.value,
        "expected": finding.expected,
        "message": finding.message,
    }
