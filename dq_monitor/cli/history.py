"""`dqm history`: a table's versions beside their verdicts."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Literal

import click
from rich.console import Console
from rich.table import Table

from dq_monitor.app import App, open_app
from dq_monitor.errors import TableMissing
from dq_monitor.message import plain
from dq_monitor.registry import or_near
from dq_monitor.settings import load_settings
from dq_monitor.tables.snapshot import Snapshot
from dq_monitor.tables.timeline import Maker, Version, timeline

# What stands under `verdict` for a version that has none.
WITHOUT = {Maker.UPKEEP: "-", Maker.ROLLBACK: "-", Maker.OUTSIDE: "unaudited"}


@click.command(name="history")
@click.argument("table")
@click.option("--limit", type=click.IntRange(1), default=30, help="how many versions, newest first")
@click.option("--json", "as_json", is_flag=True, help="print JSON")
def command(table: str, *, limit: int, as_json: bool) -> None:
    """Show the versions of TABLE, newest first: who made them, their verdict, what still counts.

    A version that somebody else wrote is unaudited. One that is undone was rolled back; of one that
    is not readable a vacuum has taken files, and there is no way back to it.
    """
    app = open_app(load_settings())
    try:
        versions = timeline(table, _opened(app, table)).versions[: -limit - 1 : -1]
    finally:
        app.close()
    if as_json:
        click.echo(json.dumps([_plain(one) for one in versions], indent=2))
        return
    shown = Table(box=None, padding=(0, 1, 0, 0))  # to fit into 80 columns
    for name in ("version", "time", "mode", "in", "out", "verdict", "pack", "write", "state"):
        justify: Literal["left", "right"] = "right" if name in {"version", "in", "out"} else "left"
        shown.add_column(name, justify=justify, no_wrap=name not in {"mode", "state"})
    for one in versions:
        shown.add_row(*_row(one))
    Console(highlight=False, soft_wrap=True).print(shown)


def _opened(app: App, table: str) -> Snapshot:
    try:
        return app.tables.open(table)
    except TableMissing as error:
        raise TableMissing(error.detail, fix=or_near(error.fix, table, app.packs)) from error


def _row(one: Version) -> tuple[str, ...]:
    verdict = one.verdict or WITHOUT.get(one.maker, "?")
    mode = f"{one.mode} to {one.restores}" if one.restores is not None else one.mode
    return (
        str(one.number),
        f"{one.at:%Y-%m-%d %H:%M:%S}",
        plain(mode),
        _count(one.added),
        _count(one.removed),
        verdict,
        plain(one.fingerprint[:8]),
        plain(one.write_id[:8]),
        state(one),
    )


def state(one: Version) -> str:
    """Return what still holds of a version, in a word or two."""
    words = ["undone"] if one.undone else []
    return ", ".join(words if one.readable else [*words, "files gone"])


def _count(rows: int | None) -> str:
    return "?" if rows is None else f"{rows:,}"


def _plain(one: Version) -> dict[str, object]:
    return {**asdict(one), "at": one.at.isoformat(), "maker": one.maker.value}
