"""`dqm rollback`: makes a table what it was before, as a new version."""

from __future__ import annotations

import getpass
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import click

from dq_monitor.app import App, open_app
from dq_monitor.cli._way_back import in_words, plain_plan
from dq_monitor.cli.run import PATIENCE, parsed
from dq_monitor.errors import CommitContended, UsageError
from dq_monitor.gate.undoing import Plan, roll_back, rollback_id, to_before, to_version, without
from dq_monitor.model.rollback import Rollback
from dq_monitor.pipeline.load import load_pipeline
from dq_monitor.pipeline.result import RunResult
from dq_monitor.relay import Relay
from dq_monitor.settings import load_settings
from dq_monitor.tables.timeline import Timeline, timeline
from dq_monitor.way_back.descent import Made, built_from, told_by
from dq_monitor.way_back.rerun import Rerun, plan_rerun, run_again

ATTEMPTS = 8


@click.command(name="rollback")
@click.argument("table")
@click.option("--to", "version", type=click.IntRange(0), help="the version that comes back")
@click.option("--write-id", help="the write to undo, or the beginning of its id")
@click.option("--before", help="a time in UTC: the table as it was then, 2026-11-24T06:00")
@click.option("--with-later", is_flag=True, help="undo what came after --write-id too")
@click.option("--by", help="who does it; the user of this system unless given")
@click.option("--why", default="", help="kept with the version and in the event log")
@click.option("--retry", is_flag=True, help="when somebody writes meanwhile, look and do it again")
@click.option(
    "--rerun", metavar="PIPELINE", help="undo what was built from it, run all of it again"
)
@click.option(
    "--param",
    "parameters",
    multiple=True,
    metavar="NAME=VALUE",
    help="as of `dqm run`, for --rerun",
)
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
    retry: bool,
    rerun: str | None,
    parameters: Sequence[str],
    dry_run: bool,
    as_json: bool,
) -> None:
    """Make TABLE what it was: as a version, before a write, or before a time.

    It becomes a new version, so that this can be undone too. Writes that are undone can be sent
    again under their keys. Tables that were built from what is undone are named, and with --rerun
    taken back and made again; if that dies half-way, the same command finishes it. The exit code is
    that of what was run again; 2 when other writes are in the way, 3 when somebody wrote meanwhile.
    """
    if sum(one is not None for one in (version, write_id, before)) != 1:
        raise UsageError("a rollback needs one aim", fix="give --to, --write-id or --before")
    aim = _aim(version, write_id, before, with_later=with_later)
    now, params = datetime.now(UTC), parsed(parameters)
    with closing(open_app(load_settings())) as app:
        app.gate.pack(table)  # the tables of quarantine have a life of their own
        way = _Way(app, table, aim, by or getpass.getuser(), why, rerun)
        look = way.look()
        if not dry_run:
            look = way.go(look, now, attempts=ATTEMPTS if retry else 1)
        results = [] if dry_run else _again(app, look, now, params)
    told = plain_plan(look.plan, look.made, look.built, look.rerun, results)
    click.echo(json.dumps(told, indent=2) if as_json else "\n".join(in_words(told)))
    raise click.exceptions.Exit(max((one.exit_code for one in results), default=0))


Aim = Callable[[Timeline], Plan]


def _aim(version: int | None, write_id: str | None, before: str | None, *, with_later: bool) -> Aim:
    if version is not None:
        return lambda known: to_version(known, version)
    if write_id is not None:
        return lambda known: without(known, write_id, with_later=with_later)
    time = _time(before or "")
    return lambda known: to_before(known, time)


def _time(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(f"{text!r} is no time", param_hint="--before") from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Look:
    """What would be done, as the table is now; `made` is the version that came of it."""

    plan: Plan
    built: tuple[Made, ...]
    rerun: Rerun | None
    made: int | None = None


@dataclass(frozen=True, slots=True)
class _Way:
    """One table's way back: looked at, then gone."""

    app: App
    table: str
    aim: Aim
    by: str
    why: str
    rerun: str | None

    def look(self) -> _Look:
        known = timeline(self.table, self.app.tables.open(self.table))
        plan = self.aim(known)
        held = known.holding({one.number for one in plan.undone})
        done = told_by(self.app.store.log) if held else ()
        built = tuple(one for one in built_from(done, self.table, held) if not one.undone)
        if self.rerun is None:
            return _Look(plan, built, None)
        pipeline = load_pipeline(self.rerun)
        return _Look(plan, built, plan_rerun(self.app, pipeline, plan, known))

    def go(self, look: _Look, now: datetime, *, attempts: int) -> _Look:
        """Do it; what was built from it goes first, so that nothing stands on what is gone."""
        for left in reversed(range(attempts)):
            try:
                for one in look.rerun.rollbacks if look.rerun else ():
                    self._roll_back(one, now)
                if look.plan.idle:
                    return look
                return replace(look, made=self._roll_back(look.plan.rollback, now))
            except CommitContended:
                if not left:
                    raise
                look = self.look()
        return look

    def _roll_back(self, rollback: Rollback, now: datetime) -> int:
        aim = replace(rollback, by=self.by, reason=rollback.reason or self.why)
        return roll_back(self.app.tables, self.app.store.log, rollback_id(aim), aim, now).version


def _again(app: App, look: _Look, now: datetime, parameters: Mapping[str, Any]) -> list[RunResult]:
    if look.rerun is None:
        return []
    with closing(Relay(app)) as relay:
        results = run_again(app, look.rerun, now, parameters)
        relay.settle(now, PATIENCE)
    return results
