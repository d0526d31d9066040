"""`dqm incidents`: see what is open; acknowledge, mute or resolve it."""

from __future__ import annotations

import getpass
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import click

from dq_monitor.cli._waiting import waiting
from dq_monitor.errors import UnknownName, UsageError
from dq_monitor.message import plain
from dq_monitor.model.incident import Incident, IncidentState
from dq_monitor.packs.limits import duration
from dq_monitor.settings import load_settings
from dq_monitor.store import Store, open_store

HEAD = ("id", "table", "rule", "state", "since (UTC)", "times")
SHORTEST_ID = 8
LONGEST_MUTE = timedelta(days=3650)


@click.group(name="incidents", invoke_without_command=True)
@click.option("--all", "resolved_too", is_flag=True, help="list the resolved ones too")
@click.pass_context
def command(context: click.Context, *, resolved_too: bool) -> None:
    """List the failures that nobody has resolved, or say what is done about one.

    ID may be the start of an id, as long as only one open incident has it.
    """
    if context.invoked_subcommand is not None:
        return
    with _opened_store() as store:
        behind = [*waiting(store)]
        found = store.views.incidents(open_only=not resolved_too)
    if not found:
        click.echo("there was no incident yet" if resolved_too else "no incident is open")
    for line in (*(_aligned(found) if found else ()), *behind):
        click.echo(line)


@command.command()
@click.argument("incident_id", metavar="ID")
@click.option("--by", help="who takes care of it; you unless given")
def acknowledge(incident_id: str, by: str | None) -> None:
    """Say that someone takes care of ID: it stays open and is not told again."""
    who = by or _user()
    with _opened_store() as store:
        found = _open_incident(store, incident_id)
        store.incidents.acknowledge(found.id, who)
    click.echo(f"{_name(found)}: acknowledged by {plain(who)}")


@command.command()
@click.argument("incident_id", metavar="ID")
@click.option("--for", "length", default="24h", show_default=True, help="such as 90m, 26h, 2d")
def mute(incident_id: str, length: str) -> None:
    """Tell nobody of ID for a while."""
    until = datetime.now(UTC) + _span(length)
    with _opened_store() as store:
        found = _open_incident(store, incident_id)
        store.incidents.mute(found.id, until)
    click.echo(f"{_name(found)}: muted until {until:%Y-%m-%d %H:%M} UTC")


@command.command()
@click.argument("incident_id", metavar="ID")
def resolve(incident_id: str) -> None:
    """Close ID by hand; the next failure opens a new incident."""
    with _opened_store() as store:
        found = _open_incident(store, incident_id)
        store.incidents.resolve(found.id, datetime.now(UTC))
    click.echo(f"{_name(found)}: resolved")


@contextmanager
def _opened_store() -> Iterator[Store]:
    store = open_store(load_settings().store)
    try:
        yield store
    finally:
        store.close()


def _open_incident(store: Store, start: str) -> Incident:
    """Return the one open incident whose id begins with `start`."""
    known = [one for one in store.views.incidents(open_only=False) if one.id.startswith(start)]
    still_open = [one for one in known if one.state is not IncidentState.RESOLVED]
    if len(still_open) == 1:
        return still_open[0]
    if still_open:
        raise UsageError(
            f"{start!r} begins the ids of {len(still_open)} open incidents",
            fix="give more of it: `dqm incidents` lists them",
        )
    if known:
        raise UsageError(
            f"incident {start!r} is resolved", fix="the next failure opens a new incident"
        )
    raise UnknownName(f"incident {start!r}", fix="`dqm incidents` lists them")


def _aligned(found: Sequence[Incident]) -> Iterator[str]:
    length = _id_length([one.id for one in found])
    rows = [HEAD, *(_cells(one, length) for one in found)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()


def _id_length(ids: Sequence[str]) -> int:
    """Return how much of each id must be shown to tell them apart."""
    longest = max(map(len, ids))
    lengths = range(SHORTEST_ID, longest)
    return next((n for n in lengths if len({one[:n] for one in ids}) == len(ids)), longest)


def _cells(one: Incident, length: int) -> tuple[str, ...]:
    muted = one.state is IncidentState.MUTED and one.muted_until is not None
    state = f"muted until {one.muted_until:%Y-%m-%d %H:%M}" if muted else one.state.value
    since = f"{one.opened_at:%Y-%m-%d %H:%M}"
    return (one.id[:length], plain(one.table), _rule(one), state, since, f"{one.times_seen:,}")


def _name(one: Incident) -> str:
    return f"{plain(one.table)} {_rule(one)}"


def _rule(one: Incident) -> str:
    return plain(f"{one.rule_id} [{one.segment}]" if one.segment else one.rule_id)


def _span(length: str) -> timedelta:
    try:
        return min(duration(length), LONGEST_MUTE)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--for") from error


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return "someone at the command line"
