"""`dqm demo`: replays two months of New York's flights through guarded tables."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console

from dq_monitor.app import App, open_app
from dq_monitor.cli._bundled import bundled
from dq_monitor.cli._progress import progress_bar
from dq_monitor.demo import report
from dq_monitor.demo.deliveries import DAYS_IN_DATA, deliver
from dq_monitor.demo.replay import Morning, replay
from dq_monitor.demo.summary import Flag, TableSummary, as_json, flags, summarise
from dq_monitor.errors import ExitCode
from dq_monitor.pipeline.result import StepResult
from dq_monitor.relay import Relay
from dq_monitor.settings import ChannelSettings, LineageSettings, Settings, load_settings

RULES = Path("rules")
TWO_MONTHS = 59
MOST_TOLD = 10


@click.command(name="demo")
@click.option(
    "--days",
    type=click.IntRange(1, DAYS_IN_DATA),
    default=TWO_MONTHS,
    show_default=True,
    help="how many days of 2013 to replay",
)
@click.option(
    "--home", type=click.Path(path_type=Path, file_okay=False), help="where to keep it: .dqm"
)
@click.option("--json", "plain", is_flag=True, help="print one JSON object and no alerts")
def command(days: int, home: Path | None, *, plain: bool) -> None:
    """Replay New York's flights of 2013 through guarded tables, a delivery at a time.

    Flights and weather arrive every morning, airports, planes and airlines once. Each delivery is
    judged as at its own time. What is there already is not done again.
    """
    settings = _settings(home, alerts=not plain)
    app = open_app(settings)
    try:
        mornings = _replay(app, days)
        tables, flagged = _sum_up(app, mornings)
    finally:
        app.close()
    if plain:
        click.echo(json.dumps(as_json(tables, flagged)))
    else:
        _show(app, mornings, tables, flagged)
    raise click.exceptions.Exit(_tell_broken(mornings))


def _settings(home: Path | None, *, alerts: bool) -> Settings:
    given = {"home": home} if home else {}
    settings = load_settings(**given, rules=_packs())
    changes: dict[str, object] = {}
    if not settings.channels or not alerts:
        console = {"console": ChannelSettings(kind="console")}
        changes["channels"] = console if alerts else {}
    if settings.lineage.kind == "none":
        target = str(settings.home / "lineage.jsonl")
        changes["lineage"] = LineageSettings(kind="file", target=target)
    return settings.model_copy(update=changes)


def _packs() -> Path:
    """Return the reference packs; where there is no `rules` folder yet they are put into one.

    They are the newcomer's to change, and the commands that come next find them there.
    """
    source = bundled("rules")
    if not RULES.exists():
        shutil.copytree(source, RULES)
    is_ours = all((RULES / f.relative_to(source)).exists() for f in source.rglob("*.yaml"))
    return RULES if is_ours else source


def _replay(app: App, days: int) -> Sequence[Morning]:
    landing = app.settings.home / "landing"
    relay = Relay(app)
    done: list[Morning] = []
    with progress_bar() as progress:
        task = progress.add_task("delivering", total=days, step="")
        deliveries = deliver(landing, days)

        def show(step: str, result: StepResult | None) -> None:
            if result is None:
                day = deliveries[len(done)].day
                progress.update(task, description=str(day), step=step)

        try:
            for morning in replay(app, relay, deliveries, landing, show):
                done.append(morning)
                progress.advance(task)
        finally:
            relay.close()
    return done


def _sum_up(app: App, mornings: Sequence[Morning]) -> tuple[Sequence[TableSummary], Sequence[Flag]]:
    steps = [step for morning in mornings for step in morning.result.steps]
    verdicts = [step.outcome.verdict for step in steps if step.outcome]
    last = str(mornings[-1].delivery.day)
    flagged = [flag for flag in flags(app.store.views.flagged()) if flag.date <= last]
    return summarise(verdicts, app.packs), flagged


def _show(
    app: App,
    mornings: Sequence[Morning],
    tables: Sequence[TableSummary],
    flagged: Sequence[Flag],
) -> None:
    console = Console(highlight=False)
    report.show_tables(console, tables)
    console.print()
    report.show_failing(console, tables, app.packs)
    console.print()
    report.show_flagged(console, flagged)
    console.print()
    replayed = sum(morning.replayed for morning in mornings)
    if replayed:
        console.print(
            f"{replayed} of {len(mornings)} deliveries were there already: nothing changed.\n"
        )
    report.show_places(console, app.settings)


def _tell_broken(mornings: Sequence[Morning]) -> int:
    """Say which steps broke; rules that rows failed are what the demo is there to show."""
    broken = [
        (morning.delivery.day, step)
        for morning in mornings
        for step in morning.result.steps
        if step.error is not None
    ]
    for day, step in broken[:MOST_TOLD]:
        click.echo(f"{day} {step.step} broke: {step.error}", err=True)
    return max((step.exit_code for _, step in broken), default=ExitCode.GOOD)
