"""`dqm run`: runs a pipeline, or some of its steps, through the gate."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dq_monitor.app import open_app
from dq_monitor.cli._progress import progress_bar
from dq_monitor.model.verdict import SEVERITY, Status
from dq_monitor.pipeline.declare import Pipeline
from dq_monitor.pipeline.inputs import Run
from dq_monitor.pipeline.load import load_pipeline
from dq_monitor.pipeline.result import RunResult, StepResult, StepState
from dq_monitor.pipeline.run import run_pipeline
from dq_monitor.relay import Relay
from dq_monitor.settings import load_settings

COLOURS = {
    Status.PASS: "green",
    Status.WARN: "yellow",
    Status.FAIL: "red",
    Status.ERROR: "bold red",
}
STATES = {
    StepState.COMMITTED: "green",
    StepState.REJECTED: "red",
    StepState.BROKE: "bold red",
    StepState.SKIPPED: "yellow",
}
PATIENCE = 10.0  # seconds that a run waits for receivers of alerts and lineage
NUMBERS = ("rows in", "kept", "quarantined", "dropped")


@click.command(name="run")
@click.argument("pipeline")
@click.option("--only", multiple=True, metavar="STEP", help="run this step alone; may be repeated")
@click.option(
    "--from", "start_from", multiple=True, metavar="STEP", help="this step and all that needs it"
)
@click.option("--key", help="names the batch: the same key again changes nothing (default: DAY)")
@click.option(
    "--day", type=click.DateTime(["%Y-%m-%d"]), help="the day whose data it is (default: today)"
)
@click.option(
    "--param", "parameters", multiple=True, metavar="NAME=VALUE", help="fills {NAME} in paths"
)
@click.option("--json", "plain", is_flag=True, help="print one JSON object instead of a table")
def command(
    pipeline: str,
    *,
    only: Sequence[str],
    start_from: Sequence[str],
    key: str | None,
    day: datetime | None,
    parameters: Sequence[str],
    plain: bool,
) -> None:
    """Run PIPELINE: a file (pipelines/daily.py), file:name, or module:name.

    A step is called by the table it writes. A rejected write or a broken step stops what depends on
    it and nothing else. The exit code is 1 when a write was rejected or a rule failed, 2 when
    something is declared wrongly or missing, 3 when something broke.
    """
    now = datetime.now(UTC)
    of_day = day.date() if day else now.date()
    name = of_day.isoformat() if key is None else key
    run = Run(name, now, of_day, parsed(parameters))
    result = _run(load_pipeline(pipeline), run, only, start_from)
    if plain:
        click.echo(json.dumps(_plain(result)))
    else:
        _show(result)
    raise click.exceptions.Exit(result.exit_code)


def parsed(parameters: Sequence[str]) -> Mapping[str, str]:
    """Return the values of `--param NAME=VALUE` by name."""
    pairs = {}
    for given in parameters:
        name, equals, value = given.partition("=")
        if not equals or not name.isidentifier():
            raise click.BadParameter(f"{given!r} is not NAME=VALUE", param_hint="--param")
        pairs[name] = value
    return pairs


def _run(pipeline: Pipeline, run: Run, only: Sequence[str], start_from: Sequence[str]) -> RunResult:
    total = len(pipeline.select(only, start_from))
    app = open_app(load_settings())
    try:
        # Made first: a channel that is set wrongly is told before anything is written.
        with closing(Relay(app)) as relay, progress_bar() as progress:
            task = progress.add_task(pipeline.name, total=total, step="")

            def show(step: str, result: StepResult | None) -> None:
                progress.update(task, step=step, advance=int(result is not None))

            result = run_pipeline(
                pipeline,
                run,
                gate=app.gate,
                tables=app.tables,
                log=app.store.log,
                only=only,
                start_from=start_from,
                on_progress=show,
            )
            relay.settle(run.now, PATIENCE)
            return result
    finally:
        app.close()


def _show(result: RunResult) -> None:
    console = Console(highlight=False, markup=False)
    console.print(_steps(result))
    found = _findings(result)
    if found.row_count:
        console.print()
        console.print(found)
    for step in result.steps:
        if step.cause:
            fix = f"\n  fix: {step.error.fix}" if step.error and step.error.fix else ""
            console.print(f"\n{step.step} {step.state.past}: {step.cause}{fix}", soft_wrap=True)
    if all(step.replayed for step in result.steps):
        console.print(f"\nThe batch {result.run.key!r} was there already: nothing changed.")


def _steps(result: RunResult) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("step", "state", "verdict"):
        table.add_column(name, no_wrap=True)
    for name in NUMBERS:
        table.add_column(name, justify="right")
    for step in result.steps:
        again = " before" if step.replayed else ""
        state = Text(f"{step.state.value}{again}", STATES[step.state])
        table.add_row(step.step, state, _status(step), *_numbers(step))
    return table


def _status(step: StepResult) -> Text:
    if step.outcome is None:
        return Text("")
    status = step.outcome.verdict.status
    return Text(status.value, COLOURS.get(status, "dim"))


def _numbers(step: StepResult) -> Sequence[str]:
    if step.outcome is None:
        return ("",) * len(NUMBERS)
    counts = step.outcome.verdict.counts
    return [f"{n:,}" for n in (counts.rows_in, counts.kept, counts.quarantined, counts.dropped)]


def _findings(result: RunResult) -> Table:
    """Return the rules that are worse than a pass, with what they found."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("table", "", "rule", "found"):
        table.add_column(name, overflow="fold")
    for step in result.steps:
        for finding in step.outcome.verdict.findings if step.outcome else ():
            if SEVERITY[finding.status] > SEVERITY[Status.PASS]:
                status = Text(finding.status.value, COLOURS[finding.status])
                table.add_row(step.step, status, finding.rule_id, finding.message)
    return table


def _plain(result: RunResult) -> Mapping[str, Any]:
    run = result.run
    return {
        "pipeline": result.pipeline,
        "key": run.key,
        "day": run.day.isoformat() if run.day else None,
        "exit_code": int(result.exit_code),
        "steps": [_plain_step(step) for step in result.steps],
    }


def _plain_step(step: StepResult) -> Mapping[str, Any]:
    told: dict[str, Any] = {
        "step": step.step,
        "state": step.state.value,
        "replayed": step.replayed,
        "write_id": step.write_id,
        "cause": step.cause,
    }
    if step.outcome is None:
        return told
    verdict = step.outcome.verdict
    return {
        **told,
        "version": step.outcome.version,
        "status": verdict.status.value,
        "rows_in": verdict.counts.rows_in,
        "kept": verdict.counts.kept,
        "quarantined": verdict.counts.quarantined,
        "dropped": verdict.counts.dropped,
        "failing": {f.rule_id: f.failing for f in verdict.findings if f.failing},
    }
