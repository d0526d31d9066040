"""Shows people what a replay came to, and where to look next."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from dq_monitor.demo.summary import Flag, TableSummary
from dq_monitor.model.pack import Pack
from dq_monitor.settings import Settings

COLOURS = {"pass": "green", "warn": "yellow", "fail": "red", "error": "bold red"}
NUMBERS = ("writes", "rules", "rows in", "kept", "quarantined", "dropped")
FATES = {"quarantine": "to quarantine", "drop": "dropped"}


def show_tables(console: Console, tables: Sequence[TableSummary]) -> None:
    """Print one line for each table: what came, where it went, how it was judged."""
    shown = _grid("Every write was audited before it was committed")
    shown.add_column("table", no_wrap=True)
    # A column of zeros would only push the verdicts off a terminal of 80 columns.
    names = NUMBERS if any(one.counts.dropped for one in tables) else NUMBERS[:-1]
    for name in names:
        shown.add_column(name, justify="right")
    shown.add_column("verdicts")
    for one in tables:
        counts = one.counts
        rows = (counts.rows_in, counts.kept, counts.quarantined, counts.dropped)
        cells = [f"{number:,}" for number in (one.writes, one.rules, *rows)]
        shown.add_row(one.table, *cells[: len(names)], _verdicts(one.verdicts))
    console.print(shown)


def show_failing(
    console: Console, tables: Sequence[TableSummary], packs: Mapping[str, Pack]
) -> None:
    """Print the rules that rows failed, and what became of those rows."""
    shown = _grid("What the rules found in the data as it is")
    shown.add_column("table", no_wrap=True)
    shown.add_column("rule", overflow="fold")
    shown.add_column("rows", justify="right")
    shown.add_column("which")
    for one in tables:
        rules = {rule.id: rule for rule in packs[one.table].rules}
        for rule_id, rows in one.failing.items():
            fate = FATES.get(rules[rule_id].on_fail, "stayed")
            shown.add_row(one.table, rule_id, f"{rows:,}", fate)
    console.print(shown)


def show_flagged(console: Console, flagged: Sequence[Flag]) -> None:
    """Print the measurements that their own past did not lead to expect."""
    if not flagged:
        console.print("No day was out of the ordinary.")
        return
    shown = _grid(f"Out of the ordinary, by the days before alone: {len(flagged)}")
    for name in ("day", "table", "metric"):
        shown.add_column(name, no_wrap=True)
    shown.add_column("value", justify="right")
    shown.add_column("expected")
    for flag in flagged:
        expected = _between(flag.lower, flag.upper)
        shown.add_row(flag.date, flag.table, flag.metric, f"{flag.value:.3f}", expected)
    console.print(shown)


def show_places(console: Console, settings: Settings) -> None:
    """Print where everything lies and what to type next."""
    places = [
        ("tables", settings.tables),
        ("quarantine", f"{settings.tables}/quarantine"),
        ("store", settings.store),
        ("rule packs", str(settings.rules)),
        ("lineage", settings.lineage.target),
    ]
    for name, place in places:
        console.print(Text.assemble((f"{name:<11}", "dim"), _short(place)), soft_wrap=True)
    console.print()
    console.print("[dim]now try[/dim]")
    for command, what in _next(settings):
        console.print(Text.assemble((command, "bold"), f"  # {what}"), soft_wrap=True)


def _next(settings: Settings) -> Iterable[tuple[str, str]]:
    prefix = []
    if settings.home != Path(".dqm"):
        prefix.append(f"DQM_HOME={shlex.quote(str(settings.home))}")
    if settings.rules.resolve() != Path("rules").resolve():
        prefix.append(f"DQM_RULES={shlex.quote(str(settings.rules))}")
    # In a checkout nobody has the virtual environment on the path: say what was typed.
    command = "dqm" if shutil.which("dqm") else _short(sys.argv[0])
    dqm = " ".join((*prefix, command))
    yield (
        f"{dqm} serve --now last",
        "the dashboard, as on the last day: failures, histories, lineage",
    )
    yield f"{dqm} status", "each table as it stands"
    yield f"{dqm} test", "the packs' own tests"


def _grid(title: str) -> Table:
    return Table(
        title=title, title_justify="left", title_style="bold", box=None, pad_edge=False,
        padding=(0, 1, 0, 0), header_style="dim",
    )  # fmt: skip


def _verdicts(counts: Mapping[str, int]) -> Text:
    parts = [
        Text(f"{counts[status]} {status}", COLOURS[status])
        for status in COLOURS
        if status in counts
    ]
    return Text(" ").join(parts)


def _between(lower: float | None, upper: float | None) -> str:
    if lower is None or upper is None:
        return ""
    return f"{lower:.3f} to {upper:.3f}"


def _short(place: str) -> str:
    return place.replace(f"{Path.cwd()}{os.sep}", "")
