"""`dqm schema`: prints the JSON Schema of rule packs, or how a table differs from its pack."""

from __future__ import annotations

import json
from dataclasses import asdict

import click
import polars as pl

from dq_monitor.cli._target import pack_of, require_version
from dq_monitor.errors import ExitCode
from dq_monitor.evolution import StoredColumns, differences
from dq_monitor.model.difference import Difference
from dq_monitor.model.types import column_type
from dq_monitor.packs import json_schema
from dq_monitor.settings import load_settings
from dq_monitor.tables.warehouse import open_tables

FIX = "write a pack for it in the rules folder"


@click.command(name="schema")
@click.argument("table", required=False)
@click.option(
    "--version", type=click.IntRange(0), help="the table's version; by default the newest"
)
@click.option("--json", "as_json", is_flag=True, help="print the differences as JSON")
def command(table: str | None, version: int | None, *, as_json: bool) -> None:
    """Print the JSON Schema of a rule pack, or the differences of TABLE from its pack.

    Save the schema beside the packs and let each begin with
    `# yaml-language-server: $schema=rule-pack.schema.json`: editors then complete and check.

    With TABLE a batch that is just as the contract promises is held against the stored columns:
    each difference is told by its kind, with what would become of it. The exit code is 1 when such
    a batch would be refused.
    """
    if table is None:
        click.echo(json.dumps(json_schema(), indent=2))
        return
    settings = load_settings()
    pack = pack_of(table, settings, FIX)
    tables = open_tables(settings)
    require_version(table, tables, version)
    stored = tables.open(table, version)
    promised = {name: column_type(c.type) for name, c in pack.contract.columns.items()}
    columns = StoredColumns(stored.schema, stored.required)
    found = differences(pack.contract, columns, pl.Schema(promised)) if promised else ()
    told = json.dumps([_plain(one) for one in found], indent=2) if as_json else _told(table, found)
    click.echo(told)
    if any(one.breaking for one in found):
        raise click.exceptions.Exit(ExitCode.DATA_FAILED)


def _told(table: str, found: tuple[Difference, ...]) -> str:
    if not found:
        return f"{table}: its columns are as the pack says"
    return "\n".join(f"{one.kind:<12}{one.fate:<10}{one}" for one in found)


def _plain(one: Difference) -> dict[str, object]:
    return {**asdict(one), "breaking": one.breaking}
