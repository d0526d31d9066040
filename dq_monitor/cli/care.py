"""`dqm care`: compacts, checkpoints and clears up a table."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta

import click

from dq_monitor.app import App, open_app
from dq_monitor.care import EVERYTHING, Caretaker, each, require_keep
from dq_monitor.model.care import Care, Done, Upkeep, Vacuum
from dq_monitor.model.event import TableMaintained
from dq_monitor.model.size import spell_size
from dq_monitor.packs.limits import duration
from dq_monitor.settings import load_settings


@click.command(name="care")
@click.argument("table")
@click.option("--sweep", is_flag=True, help="only remove what dead or refused writes left behind")
@click.option("--compact", is_flag=True, help="only write small files anew as large ones")
@click.option("--checkpoint", is_flag=True, help="only sum up the table's log")
@click.option("--vacuum", is_flag=True, help="only remove files that were replaced long ago")
@click.option("--keep", help="how long replaced files stay, such as 7d; the pack's unless given")
@click.option("--force", is_flag=True, help="take a shorter --keep than a day")
@click.option("--dry-run", is_flag=True, help="say what would be done, and do nothing")
@click.option("--json", "as_json", is_flag=True, help="print JSON")
def command(
    table: str, *, keep: str | None, force: bool, dry_run: bool, as_json: bool, **only: bool
) -> None:
    """Keep TABLE and its quarantine in shape: sweep, compact, checkpoint, vacuum.

    Of the four all are done unless some are named, by what the pack says under `care`. No row
    changes; what an open write or a version younger than --keep needs stays.
    """
    wanted = frozenset(Upkeep(name) for name, asked in only.items() if asked) or EVERYTHING
    app = open_app(load_settings())
    try:
        care = _care(app, table, keep)
        if not force:
            require_keep(care)
        found = list(_look_after(app, table, care, wanted, dry_run=dry_run))
    finally:
        app.close()
    if as_json:
        click.echo(json.dumps([_plain(event) for event in found], indent=2))
        return
    for event in found:
        for done in event.done:
            click.echo(f"{event.table}  {_line(done, dry_run=dry_run)}")


def _care(app: App, table: str, keep: str | None) -> Care:
    care = app.gate.pack(table).care or Care()
    return replace(care, vacuum=Vacuum(_span(keep))) if keep else care


def _span(text: str) -> timedelta:
    try:
        return duration(text)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--keep") from error


def _look_after(
    app: App, table: str, care: Care, wanted: frozenset[Upkeep], *, dry_run: bool
) -> Iterator[TableMaintained]:
    caretaker = Caretaker(app.tables, app.store.log, lambda: datetime.now(UTC))
    for name, kept in each(table, care):
        if name == table or app.tables.exists(name):  # a table that is not there is told of
            yield caretaker.look_after(name, kept, datetime.now(UTC), only=wanted, dry_run=dry_run)


def _line(done: Done, *, dry_run: bool) -> str:
    would = "would be " if dry_run else ""
    what = f"{done.files:,} {_noun(done)}"
    size = f" ({spell_size(done.size)})" if done.size else ""
    match done.upkeep:
        case _ if done.left:
            said = done.left
        case Upkeep.COMPACT if done.files:
            into = f"{done.made_files:,} ({spell_size(done.made_size)})"
            into = f"at least {done.made_files:,}" if dry_run else into
            said = f"{what}{size} {would}compacted into {into}"
        case Upkeep.COMPACT:
            said = "nothing to compact"
        case Upkeep.CHECKPOINT:
            said = f"{what} {would}summed up"
        case _:
            said = f"{what}{size} {would}removed"
    return f"{done.upkeep:<10}  {said}"


def _noun(done: Done) -> str:
    noun = "commit" if done.upkeep is Upkeep.CHECKPOINT else "file"
    return noun if done.files == 1 else f"{noun}s"


def _plain(event: TableMaintained) -> dict[str, object]:
    return {
        "table": event.table,
        "at": event.at.isoformat(),
        "done": [asdict(done) for done in event.done],
        "metrics": {metric.name: metric.value for metric in event.metrics},
    }
