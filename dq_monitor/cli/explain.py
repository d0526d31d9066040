"""`dqm explain`: shows how rules are worked off: which look at the rows reads what, for whom."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import narwhals.stable.v2 as nw
import polars as pl
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dq_monitor.cli._target import Target, open_target, pack_of
from dq_monitor.engines.explain import ROWS, Explanation, Look, explain_check, explain_write
from dq_monitor.engines.plan import Plan, compile_rules
from dq_monitor.engines.polars import evaluate
from dq_monitor.engines.watch import Part
from dq_monitor.errors import UsageError
from dq_monitor.examination import references_of
from dq_monitor.model.check import Kind
from dq_monitor.model.pack import Pack
from dq_monitor.model.types import column_type
from dq_monitor.model.view import View
from dq_monitor.packs import load_pack
from dq_monitor.settings import load_settings
from dq_monitor.sources import reading
from dq_monitor.tables.delta import DeltaTables
from dq_monitor.tables.warehouse import open_tables

PARTS = {
    Part.ESTIMATE: "number of values",
    Part.VALUES: "values",
    Part.ROWS: "rows",
    Part.HASHES: "hashes of keys",
    Part.KEYS: "keys",
    Part.QUERIES: "queries",
    Part.SEGMENTS: "segments",
    None: "metrics",
}


@dataclass(frozen=True, slots=True)
class Timed:
    """A part that was done: for which rules, and how long it took."""

    part: Part
    rules: frozenset[str]
    seconds: float


@click.command(name="explain")
@click.argument("pack", metavar="PACK")
@click.argument("target", metavar="[TABLE|FILE]", required=False)
@click.option("--run", "run_it", is_flag=True, help="ask the rules too, and show each part's time")
@click.option("--json", "as_json", is_flag=True, help="print JSON instead of a table")
def command(pack: str, target: str | None, *, run_it: bool, as_json: bool) -> None:
    """Show how the rules of PACK (a file, or the table that it guards) are worked off.

    With TABLE|FILE it is how `dqm check` asks them of these rows; without, how a write is asked on
    its way into the table. Nothing is read but the schema, unless --run says so.
    """
    if run_it and target is None:
        raise click.UsageError("--run needs rows to ask: name a TABLE or a FILE after the pack")
    settings = load_settings()
    tables = open_tables(settings)
    fix = "name a pack's file, or the table that it guards"
    guard = load_pack(Path(pack)) if Path(pack).is_file() else pack_of(pack, settings, fix)
    if target is None:
        told = explain_write(_plan(guard, _schema(guard, tables)))
        where, times = f"a write to {guard.table}", None
    else:
        found = open_target(target, tables)
        where, times = target, _timed(guard, target, found, tables) if run_it else None
        told = explain_check(
            _plan(guard, found.frame, past=False),
            columnar=found.columnar,
            tallied=None if times is None else _tallied(times),
        )
    if as_json:
        click.echo(json.dumps(_plain(guard, where, told, times), indent=2))
    else:
        _show(guard, where, told, times)


def _plan(pack: Pack, frame: pl.LazyFrame, *, past: bool = True) -> Plan:
    rules = [rule for rule in pack.rules if past or rule.kind is not Kind.HISTORY]
    return compile_rules(rules, _view(pack, frame), share=True)


def _view(pack: Pack, frame: pl.LazyFrame) -> View:
    return View(nw.from_native(frame).collect_schema(), datetime.now(UTC), pack.timezone)


def _schema(pack: Pack, tables: DeltaTables) -> pl.LazyFrame:
    """Return no rows of the columns that a write will have: the contract's, or the table's."""
    if pack.contract.columns:
        promised = pack.contract.columns.items()
        return pl.LazyFrame(schema={name: column_type(one.type) for name, one in promised})
    if tables.exists(pack.table):
        return tables.scan(pack.table)
    raise UsageError(
        f"nothing says what columns {pack.table} has",
        fix="name a TABLE or a FILE after the pack, or give the pack a contract",
    )


def _timed(pack: Pack, target: str, found: Target, tables: DeltaTables) -> list[Timed]:
    """Ask the rules of the rows as `dqm check` does, and return what took how long."""
    times: list[Timed] = []

    @contextmanager
    def watch(part: Part, rules: Iterable[str]) -> Iterator[None]:
        begun = time.perf_counter()
        yield
        times.append(Timed(part, frozenset(rules), time.perf_counter() - begun))

    rules = [rule for rule in pack.rules if rule.kind is not Kind.HISTORY]
    with reading({target: found.frame}):
        evaluate(
            found.frame,
            rules,
            _view(pack, found.frame),
            references_of(pack, tables),
            None,
            columnar=found.columnar,
            watch=watch,
        )
    return times


def _tallied(times: Iterable[Timed]) -> frozenset[str]:
    return frozenset(rule for one in times if one.part is Part.VALUES for rule in one.rules)


def _time_of(look: Look, times: Sequence[Timed]) -> float | None:
    """Return how long a look took; None where it was not needed."""
    asked = {*look.rules, *look.perhaps}
    mine = (one for one in times if one.part is look.part and one.rules <= asked)
    exact = [one.seconds for one in mine if asked == one.rules or look.part is Part.KEYS]
    return sum(exact) if exact else None


def _show(pack: Pack, where: str, told: Explanation, times: Sequence[Timed] | None) -> None:
    title = f"{len(pack.rules):,} rules of pack {pack.name}: {where}"
    table = Table(title=title, box=SIMPLE_HEAD, title_justify="left")
    for name in ("look", "reads", "for", "and"):
        table.add_column(name, overflow="fold")
    if times is not None:
        table.add_column("ms", justify="right")
    for look in told.looks:
        table.add_row(*map(Text, _cells(look)), *([] if times is None else [_ms(look, times)]))
    console = Console(markup=False, highlight=False)
    console.print(table)
    for line in _summary(told):
        console.print(line)


def _cells(look: Look) -> tuple[str, ...]:
    beside = [f"beside {', '.join(look.beside)}"] if look.beside else []
    perhaps = [f"perhaps {', '.join(look.perhaps)}"] if look.perhaps else []
    return (
        PARTS[look.part] if look.of == ROWS else f"{PARTS[look.part]} of {look.of}",
        ", ".join(look.columns) or "no column",
        ", ".join([*look.rules, *perhaps]) or "the number of rows",
        "; ".join([*beside, *([look.note] if look.note else [])]),
    )


def _ms(look: Look, times: Sequence[Timed]) -> str:
    seconds = _time_of(look, times)
    return "not needed" if seconds is None else f"{seconds * 1000:,.1f}"


def _summary(told: Explanation) -> Iterator[str]:
    sure, most = told.passes(certain=True), told.passes(certain=False)
    more = f", {most} if keys may repeat" if most > sure else ""
    looks = "1 look" if sure == 1 else f"{sure} looks"
    columns = "1 column" if len(told.columns) == 1 else f"{len(told.columns)} columns"
    yield f"{looks} at {columns}{more}"
    if told.reads_nothing:
        yield f"no column is read for {', '.join(told.reads_nothing)}"
    for rule, why in told.errors:
        yield f"{rule} cannot be asked: {why}"


def _plain(
    pack: Pack, where: str, told: Explanation, times: Sequence[Timed] | None
) -> Mapping[str, Any]:
    return {
        "pack": pack.name,
        "table": pack.table,
        "of": where,
        "looks_at_least": told.passes(certain=True),
        "looks_at_most": told.passes(certain=False),
        "columns": told.columns,
        "without_a_column": told.reads_nothing,
        "looks": [_look(look, times) for look in told.looks],
        "errors": dict(told.errors),
    }


def _look(look: Look, times: Sequence[Timed] | None) -> Mapping[str, Any]:
    return {
        "part": look.part,
        "of": look.of,
        "columns": look.columns,
        "rules": look.rules,
        "perhaps": look.perhaps,
        "beside": look.beside,
        "note": look.note,
        **({} if times is None else {"seconds": _time_of(look, times)}),
    }
