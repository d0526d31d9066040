"""`dqm rollback`: makes a table what it was before, as a new version."""

from __future__ import annotations

import getpass
import json
import uuid
from dataclasses import replace
from datetime import UTC, datetime

import click

from dq_monitor.app import App, open_app
from dq_monitor.descent import built_from
from dq_monitor.errors import UsageError
from dq_monitor.message import plain
from dq_monitor.model.rollback import Rollback
from dq_monitor.settings import load_settings
from dq_monitor.tables.timeline import Timeline, timeline
from dq_monitor.undoing import Plan, roll_back, to_before, to_version, without

ROLLBACKS = uuid.uuid5(uuid.NAMESPACE_URL, "dq-monitor/rollback")


@click.command(name="rollback")
@click.argument("table")
@click.option("--to", "version", type=click.IntRange(0), help="the version that comes back")
@click.option("--write-id", help="the write to undo, or the beginning of its id")
@click.option("--before", help="a time in UTC: the table as it was then, 2026-11-24T06:00")
@click.option("--with-later", is_flag=True, help="undo what came after --write-id too")
@click.option("--by", help="who does it; the user of this system unless given")
@click.option("--why", default="", help="kept with the version and in the event log")
@click.option("--dry-run", is_flag=True, help="say what would be done, and do nothing")
@click.option("--json", "as_json", is_flag=True, help="print JSON")
def command(
    table: str,
    *,
    version: int | None,
    write_id: str | None,
    before: str | None,
    with_later: bool,
    by: str | None,
    why: str,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Make TABLE what it was: as a version, before a write, or before a time.

    It becomes a new version, so that this can be undone too. Writes that are undone can be sent
    again under their keys; their refused rows stay in quarantine. Tables that were built from what
    is undone are named and left as they are. The exit code is 1 when somebody wrote meanwhile.
    """
    if sum(one is not None for one in (version, write_id, before)) != 1:
        raise UsageError("a rollback needs one aim", fix="give --to, --write-id or --before")
    app = open_app(load_settings())
    try:
        known = timeline(table, app.tables.open(table))
        plan = _plan(known, version, write_id, before, with_later=with_later)
        aim = replace(plan.rollback, by=by or getpass.getuser(), reason=why)
        made = None if dry_run or plan.idle else _do(app, aim)
        built = built_from(app.store.log, table, {one.number for one in plan.undone})
    finally:
        app.close()
    if as_json:
        click.echo(json.dumps(_plain(plan, made, built), indent=2))
    else:
        click.echo("\n".join(_lines(plan, made, built)))


def _plan(
    known: Timeline,
    version: int | None,
    write_id: str | None,
    before: str | None,
    *,
    with_later: bool,
) -> Plan:
    if version is not None:
        return to_version(known, version)
    if write_id is not None:
        return without(known, write_id, with_later=with_later)
    return to_before(known, _time(before or ""))


def _time(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(f"{text!r} is no time", param_hint="--before") from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _do(app: App, aim: Rollback) -> int:
    # The same aim from the same version is the same rollback: twice at once does it once.
    rollback_id = str(uuid.uuid5(ROLLBACKS, f"{aim.table}:{aim.base}:{aim.target}"))
    return roll_back(app.tables, app.store.log, rollback_id, aim, datetime.now(UTC)).version


def _lines(plan: Plan, made: int | None, built: tuple[str, ...]) -> list[str]:
    aim = plan.rollback
    if plan.idle:
        return [f"{aim.table} is already as it was in version {aim.target}: nothing to do"]
    did = "would become" if made is None else f"is now version {made},"
    lines = [f"{aim.table} {did} what it was as version {aim.target}"]
    for word, versions in (("undone", plan.undone), ("back again", plan.redone)):
        lines += [
            f"  {word}: version {one.number} ({plain(one.mode)} {plain(one.write_id[:8])})"
            for one in versions
        ]
    lines += [f"  built from what is undone: {plain(name)}" for name in built]
    return lines


def _plain(plan: Plan, made: int | None, built: tuple[str, ...]) -> dict[str, object]:
    aim = plan.rollback
    return {
        "table": aim.table,
        "from": aim.base,
        "to": aim.target,
        "version": made,
        "undone": [{"version": one.version, "write_id": one.write_id} for one in aim.undone],
        "redone": [{"version": one.version, "write_id": one.write_id} for one in aim.redone],
        "built_from_undone": list(built),
    }
