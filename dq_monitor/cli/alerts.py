"""`dqm alerts`: try a channel, see what waits or died in the outbox, send a dead one again."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import click

from dq_monitor.delivery import open_channels, send_now
from dq_monitor.errors import UnknownName
from dq_monitor.message import plain, trial
from dq_monitor.registry import suggest
from dq_monitor.settings import load_settings
from dq_monitor.store import Store, open_store
from dq_monitor.store.views import DeliveryRow


@click.group(name="alerts")
def command() -> None:
    """Try channels and look after what could not be delivered."""


@command.command(name="test")
@click.argument("channel")
def send_trial(channel: str) -> None:
    """Send a test message to CHANNEL of the settings, at once and past the outbox."""
    settings = load_settings()
    if channel not in settings.channels:
        fix = suggest(channel, settings.channels) if settings.channels else "none is in dqm.toml"
        raise UnknownName(f"channel {channel!r}", fix=fix)
    made = open_channels({channel: settings.channels[channel]})[channel]
    send_now(channel, made, trial(str(uuid.uuid4()), channel, datetime.now(UTC)))
    click.echo(f"{channel}: sent")


@command.command()
@click.option(
    "--limit",
    type=click.IntRange(1),
    default=50,
    show_default=True,
    help="how many to show, newest first",
)
def outbox(limit: int) -> None:
    """Show what waits to be delivered and what was given up."""
    with _opened_store() as store:
        rows = store.views.deliveries(limit)
    if not rows:
        click.echo("nothing waits, nothing died")
    for row in rows:
        click.echo(_line(row))


@command.command()
@click.argument("delivery", type=int, metavar="ID")
def requeue(delivery: int) -> None:
    """Put the dead delivery ID back into the outbox, due now."""
    with _opened_store() as store:
        store.outbox.requeue(delivery, datetime.now(UTC))
    click.echo(f"{delivery}: due now")


@contextmanager
def _opened_store() -> Iterator[Store]:
    store = open_store(load_settings().store)
    try:
        yield store
    finally:
        store.close()


def _line(row: DeliveryRow) -> str:
    due = f"due {row.due_at:%Y-%m-%d %H:%M} UTC" if row.state == "pending" else row.state
    parts = [f"{row.id:>6}", row.kind, row.channel, due, f"{row.attempts} failed"]
    return "  ".join([*parts, *([plain(row.last_error)] if row.last_error else [])])
