"""`dqm serve`: dashboard, API, scheduler, followers and delivery as one command."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import click

from dq_monitor.app import App, open_app
from dq_monitor.cli._bundled import bundled
from dq_monitor.errors import UsageError
from dq_monitor.service.logs import log_to_stderr
from dq_monitor.service.scheduler import Clock
from dq_monitor.service.supervisor import serve
from dq_monitor.settings import load_settings

LAST = "last"


@click.command(name="serve")
@click.option("--host", help="address to listen on; 127.0.0.1 unless set")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="port; 8600 unless set, 0 takes any free one"
)
@click.option("--no-dashboard", is_flag=True, help="leave the dashboard out")
@click.option(
    "--now",
    metavar="UTC|last",
    help="let the clock start at this moment, or at the last write: to watch replayed data",
)
def command(host: str | None, port: int | None, now: str | None, *, no_dashboard: bool) -> None:
    """Run dashboard, API and scheduler until Ctrl-C.

    Several may run on one store: one of them schedules and delivers, the others stand by.
    """
    given = {"host": host, "port": port}
    settings = load_settings(**{name: value for name, value in given.items() if value is not None})
    log_to_stderr(settings.log_level)
    dashboard = None if no_dashboard else bundled("dashboard")
    app = open_app(settings)
    try:
        finished = serve(app, dashboard, click.echo, clock_from(_moment(now, app)))
    finally:
        app.close()
    if not finished:
        # a long audit would hold the process for minutes: it is recorded whole or not at all, so
        # it may be cut off, but threads can only be left behind by leaving like this
        os._exit(0)


def _moment(text: str | None, app: App) -> datetime | None:
    if text != LAST:
        return parse_moment(text) if text else None
    writes = [table.last_write_at for table in app.store.views.tables() if table.last_write_at]
    return max(writes, default=None)


def parse_moment(text: str) -> datetime:
    """Read `2013-03-01` or `2013-03-01T11:30`; raise UsageError for anything else."""
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"--now {text}", fix="write 2013-03-01T11:30 or last") from error


def clock_from(start: datetime | None) -> Clock:
    """Return a clock that runs on from `start` (read as UTC), or the system's."""
    if start is None:
        return lambda: datetime.now(UTC)
    ahead = start.replace(tzinfo=start.tzinfo or UTC) - datetime.now(UTC)
    return lambda: datetime.now(UTC) + ahead
