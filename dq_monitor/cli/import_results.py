"""`dqm import-results`: takes in what dbt, Great Expectations or Soda found about a table."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from dq_monitor.errors import PackMissing
from dq_monitor.intake import READERS, import_results
from dq_monitor.message import plain
from dq_monitor.packs import load_packs
from dq_monitor.registry import plugs, suggest
from dq_monitor.settings import load_settings
from dq_monitor.store import open_store


@click.command(name="import-results")
@click.argument(
    "file", type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="FILE"
)
@click.option(
    "--tool", required=True, type=click.Choice(list(plugs(READERS))), help="whose results they are"
)
@click.option("--table", required=True, help="the guarded table that they are about")
def command(file: Path, tool: str, table: str) -> None:
    """Record another tool's results in the metric history of a table.

    FILE is dbt's run_results.json, a validation result of Great Expectations, the results of a Soda
    scan, or JSON with a name and failures for each result. The rule `imported_result` judges them;
    `change` and `anomaly` watch them as metric `imported.TOOL.NAME`.
    """
    settings = load_settings()
    packs = load_packs(settings.rules)
    if table not in packs:
        raise PackMissing(table, fix=suggest(table, packs) if packs else "write one")
    store = open_store(settings.store)
    try:
        event = import_results(file.read_bytes(), tool, table, store.log, datetime.now(UTC))
    finally:
        store.close()
    for metric in event.metrics:
        click.echo(f"{plain(metric.name)}: {metric.value:,.6g}")
    click.echo(f"{table}: {len(event.metrics):,} results of {tool}")
