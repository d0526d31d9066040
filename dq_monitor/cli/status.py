"""`dqm status`: shows every table as it stands now, and the files that could not be read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dq_monitor.cli._waiting import waiting
from dq_monitor.model.verdict import Status
from dq_monitor.settings import load_settings
from dq_monitor.store import open_store
from dq_monitor.store.unreadable import UnreadableRow
from dq_monitor.store.views import TableStatus

WORDS = ("table", "status", "fresh", "last write")
NUMBERS = ("rows in", "quarantined", "incidents")
COLOURS = {
    Status.PASS: "green",
    Status.WARN: "yellow",
    Status.FAIL: "red",
    Status.ERROR: "bold red",
    Status.NOT_EVALUATED: "dim",
}


@click.command(name="status")
def command() -> None:
    """Show each table's status, its last write (UTC) and what became of its rows.

    The status is the worst of the last write, an audit since, and the open incidents.

    Below stand the tables of which writes are undone and were not sent again, the input files that
    could not be read and have not come whole since, and whether facts wait to become incidents.
    """
    store = open_store(load_settings().store)
    try:
        rows, files, behind = store.views.tables(), store.views.unreadable(), [*waiting(store)]
    finally:
        store.close()
    if not rows and not files:
        click.echo("nothing was written or audited yet: try `dqm demo`")
        return
    console = Console(highlight=False)
    if rows:
        console.print(_table(rows))
        for line in _undone(rows):
            console.print(line)
    if files:
        console.print(_files(files))
    for said in behind:
        console.print(Text(f"incidents: {said}", "yellow"), soft_wrap=True)


def _undone(rows: Sequence[TableStatus]) -> Iterator[Text]:
    for row in rows:
        if row.undone:
            writes = "1 write is" if row.undone == 1 else f"{row.undone:,} writes are"
            yield Text(f"{row.table}: {writes} undone, see dqm history {row.table}", "yellow")


def _table(rows: Sequence[TableStatus]) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0))  # to fit into 80 columns
    for name in WORDS:
        table.add_column(name, overflow="fold", no_wrap=name == "last write")
    for name in NUMBERS:
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(*_cells(row))
    return table


def _files(files: Sequence[UnreadableRow]) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), title="files that cannot be read")
    for name in ("table", "since", "bytes", "file"):
        table.add_column(name, overflow="fold", no_wrap=name == "since")
    for row in files:
        at, told = _moment(row.at), f"{row.file.path}: {row.file.reason}"
        table.add_row(Text(row.table), Text(at), Text(f"{row.file.size:,}"), Text(told))
    return table


def _cells(row: TableStatus) -> tuple[Text, ...]:
    numbers = (row.totals.rows_in, row.totals.quarantined, row.open_incidents)
    return (
        Text(row.table),
        _coloured(row.status),
        _coloured(row.freshness),
        Text(_moment(row.last_write_at)),
        *(Text(f"{number:,}") for number in numbers),
    )


def _coloured(status: Status) -> Text:
    word = "" if status is Status.NOT_EVALUATED else status.value
    return Text(word, COLOURS[status])


def _moment(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M}" if at else "never"
