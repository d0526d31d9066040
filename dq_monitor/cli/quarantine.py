"""`dqm quarantine`: look through refused rows; waive, replay or forget them."""

from __future__ import annotations

import getpass
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from functools import reduce
from typing import Any

import click

from dq_monitor.app import App, open_app
from dq_monitor.cli._meant import require_known
from dq_monitor.cli._refused import as_table, counted, entries, lines_of
from dq_monitor.errors import ExitCode, UnknownName, UsageError
from dq_monitor.message import plain
from dq_monitor.model.quarantine import RowState
from dq_monitor.packs.limits import duration
from dq_monitor.quarantine.purge import purge
from dq_monitor.quarantine.release import Released, Releases
from dq_monitor.quarantine.select import Selection
from dq_monitor.registry import suggest
from dq_monitor.settings import load_settings

SHOWN = 20
Command = Callable[..., Any]


def _choosing(*, states: bool) -> Callable[[Command], Command]:
    """Return the options by which rows are chosen."""
    options = [
        click.option("--write", "write_id", default="", help="rows of this write; its id's start"),
        click.option("--rule", default="", help="rows that this rule holds"),
        click.option("--older", metavar="AGE", help="rows refused longer ago, such as 90m or 30d"),
        click.option("--json", "as_json", is_flag=True, help="print JSON"),
    ]
    if states:
        choice = click.Choice([state.value for state in RowState])
        options.append(
            click.option("--state", "states", type=choice, multiple=True, help="rows in this state")
        )
    return lambda command: reduce(lambda inner, option: option(inner), options, command)


@click.group(name="quarantine")
def command() -> None:
    """Look after the rows that rules have refused.

    TABLE is the guarded table, such as silver.trips; all tables where it is left out.
    """


@command.command(name="list")
@click.argument("table", required=False)
@_choosing(states=True)
def list_rows(table: str | None, *, as_json: bool, **chosen: Any) -> None:
    """Count the rows by table, rule and state; a row that two rules hold counts for both."""
    selection = _selection(**chosen)
    with _opened() as app:
        names = _tables(app, table, selection)
        rows = counted(app.tables, names, selection, datetime.now(UTC))
    if as_json:
        click.echo(json.dumps([asdict(row) for row in rows], indent=2))
        return
    for line in as_table(rows, selection):
        click.echo(line)


@command.command()
@click.argument("table")
@_choosing(states=True)
@click.option("--unmask", is_flag=True, help="show the values themselves")
@click.option("--limit", type=click.IntRange(1), default=SHOWN, show_default=True)
def show(table: str, limit: int, *, as_json: bool, unmask: bool, **chosen: Any) -> None:
    """Show rows of TABLE with their reasons, the newest refusals first, values masked."""
    selection = _selection(**chosen)
    with _opened() as app:
        (name,) = _tables(app, table, selection)
        found = entries(app.tables, name, selection, datetime.now(UTC), limit, unmask=unmask)
    if as_json:
        click.echo(json.dumps(found, indent=2, default=str))
        return
    for line in lines_of(found, selection):
        click.echo(line)


@command.command()
@click.argument("table")
@click.option("--why", required=True, help="why they may go in")
@click.option("--by", help="who answers for them; you unless given")
@_choosing(states=False)
def waive(table: str, why: str, by: str | None, *, as_json: bool, **chosen: Any) -> None:
    """Put open rows into TABLE as they are, although they fail.

    Choose them by --write or --rule. A batch that was rejected is waived whole or not at all.
    """
    selection = _selection(**chosen)
    if selection == Selection():
        raise UsageError("nothing chosen", fix="say which rows: --write ID or --rule RULE")
    with _opened() as app:
        (name,) = _tables(app, table, selection)
        told = _releases(app).waive(
            name, selection, by=by or _user(), why=why, now=datetime.now(UTC)
        )
    _tell(told, as_json=as_json)


@command.command()
@click.argument("table", required=False)
@_choosing(states=False)
def replay(table: str | None, *, as_json: bool, **chosen: Any) -> None:
    """Judge open rows by today's packs and put into their tables those that pass now."""
    selection, told = _selection(**chosen), list[Released]()
    with _opened() as app:
        for name in _tables(app, table, selection):
            told += _releases(app).replay(name, selection, by=_user(), now=datetime.now(UTC))
    _tell(told, as_json=as_json)


@command.command(name="purge")
@click.argument("table", required=False)
@click.option("--why", default="", help="why nobody needs them")
@_choosing(states=True)
def forget(table: str | None, why: str, *, as_json: bool, **chosen: Any) -> None:
    """Forget rows, whatever their state: choose them by --older, --state, --write or --rule.

    Their values are gone for good when Delta has vacuumed the older versions, a week later.
    """
    selection = _selection(**chosen)
    if selection == Selection():
        raise UsageError(
            "nothing chosen", fix="say which rows, such as --older 90d or --state released"
        )
    with _opened() as app:
        now, by = datetime.now(UTC), _user()
        gone = {
            name: purge(app.tables, app.store.log, name, selection, by=by, why=why, now=now)
            for name in _tables(app, table, selection)
        }
    if as_json:
        click.echo(json.dumps(gone, indent=2))
        return
    for name, rows in gone.items():
        click.echo(f"{name}: {rows:,} {'row' if rows == 1 else 'rows'} forgotten")


@contextmanager
def _opened() -> Iterator[App]:
    app = open_app(load_settings())
    try:
        yield app
    finally:
        app.close()


def _releases(app: App) -> Releases:
    return Releases(app.gate, app.tables, app.store.log)


def _tables(app: App, table: str | None, selection: Selection) -> Sequence[str]:
    """Return the tables that are meant: those with a pack; raise UnknownName.

    Also for a rule or write that no row in their quarantine has.
    """
    if table is not None and table not in app.packs:
        raise UnknownName(f"table {table!r}", fix=suggest(table, app.packs))
    names = sorted(app.packs) if table is None else (table,)
    require_known(app.tables, app.packs, names, selection)
    return names


def _selection(
    write_id: str, rule: str, older: str | None, states: Sequence[str] = ()
) -> Selection:
    try:
        age = duration(older) if older else None
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--older") from error
    return Selection(
        write_id=write_id, rule=rule, states=frozenset(map(RowState, states)), older_than=age
    )


def _tell(told: Sequence[Released], *, as_json: bool) -> None:
    """Say what became of the rows; end with 1 where some could not be released at all."""
    if as_json:
        click.echo(json.dumps([asdict(one) for one in told], indent=2))
    elif not told:
        click.echo("no open row is meant")
    else:
        for one in told:
            click.echo(_line(one))
    if any(one.cause for one in told):
        raise click.exceptions.Exit(ExitCode.DATA_FAILED)


def _line(one: Released) -> str:
    name = f"{one.table} write {plain(one.of)}"
    if one.cause:
        return f"{name}: none released, {one.still_open:,} stay open: {plain(one.cause)}"
    where = "" if one.version is None else f" as version {one.version}"
    return f"{name}: {one.released:,} released{where}, {one.still_open:,} stay open"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return "someone at the command line"
