"""`dqm bisect`: the first version of a table in which a rule failed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any

import click

from dq_monitor.app import memory_of, open_app
from dq_monitor.errors import ExitCode, UnknownName, UsageError
from dq_monitor.message import plain
from dq_monitor.model.check import Kind
from dq_monitor.model.pack import Pack
from dq_monitor.model.verdict import Status
from dq_monitor.registry import suggest
from dq_monitor.settings import load_settings
from dq_monitor.tables.timeline import timeline
from dq_monitor.way_back.bisection import Answer, Found, asking, bisect


@click.command(name="bisect")
@click.argument("table")
@click.argument("rule")
@click.option(
    "--linear", is_flag=True, help="ask every version: a rule that failed may have passed since"
)
@click.option("--json", "as_json", is_flag=True, help="print JSON")
def command(table: str, rule: str, *, linear: bool, as_json: bool) -> None:
    """Find the first version of TABLE in which RULE, as it is today, began to fail.

    The versions that make up the table as it is are asked, by halves: that takes for granted that
    once it failed it failed ever since. Of each version only files are read that were not asked
    before. The exit code is 1 when a version was found.
    """
    with closing(open_app(load_settings())) as app:
        pack = _only(app.gate.pack(table), rule)
        ask = asking(pack, app.tables, memory_of(app.settings, app.store))
        found = bisect(timeline(table, app.tables.open(table)), ask, linear=linear)
    if as_json:
        click.echo(json.dumps(_plain(table, rule, found), indent=2))
    else:
        click.echo("\n".join(_lines(table, rule, found, linear=linear)))
    if found.first:
        raise click.exceptions.Exit(ExitCode.DATA_FAILED)


def _only(pack: Pack, rule_id: str) -> Pack:
    rules = {rule.id: rule for rule in pack.rules}
    if rule_id not in rules:
        raise UnknownName(f"{pack.table} has no rule {rule_id!r}", fix=suggest(rule_id, rules))
    if rules[rule_id].kind is Kind.HISTORY:
        raise UsageError(
            f"{pack.table}: {rule_id} looks at what was measured write by write, not at rows",
            fix="look at its history on the dashboard's page of the table",
        )
    return replace(pack, rules=(rules[rule_id],))


def _lines(table: str, rule: str, found: Found, *, linear: bool) -> Iterator[str]:
    span = f"{len(found.answers)} of versions {found.oldest} to {found.newest} asked"
    if found.first is None:
        yield f"{table}: {rule} does not fail ({span})"
    elif found.hidden:
        yield f"{table}: {rule} fails in {_name(found.first)}, or failed before ({span})"
        yield f"  it may have begun in {_span(found.hidden)} already: files or commits are gone"
    else:
        yield f"{table}: {rule} first failed in {_name(found.first)} ({span})"
    if found.first:
        yield f"  {plain(found.first.message)}"
    if found.gone and not found.hidden:
        yield f"  {_span(found.gone)} cannot be asked: files or commits are gone"
    for one in found.answers:
        if one.status is Status.ERROR:
            yield f"  version {one.version.number} could not be asked: {plain(one.message)}"
    for one in found.turns[1:] if linear else ():
        yield f"  {one.status} again in {_name(one)}"


def _span(numbers: Sequence[int]) -> str:
    if len(numbers) == 1:
        return f"version {numbers[0]}"
    span = f"versions {numbers[0]} to {numbers[-1]}"
    whole = len(numbers) == numbers[-1] - numbers[0] + 1
    return span if whole else f"{len(numbers)} of {span}"


def _name(answer: Answer) -> str:
    one = answer.version
    by = f" {plain(one.write_id)}" if one.write_id else ", past the gate"
    return f"version {one.number} ({plain(one.mode)}{by})"


def _plain(table: str, rule: str, found: Found) -> Mapping[str, Any]:
    first = found.first
    return {
        "table": table,
        "rule": rule,
        "first": first.version.number if first else None,
        "write_id": first.version.write_id if first else None,
        "began_before": bool(found.hidden),
        "oldest": found.oldest,
        "newest": found.newest,
        "gone": len(found.gone),
        "earliest": _earliest(found),
        "asked": {str(one.version.number): one.status.value for one in found.answers},
        "turns": [one.version.number for one in found.turns],
    }


def _earliest(found: Found) -> int | None:
    """Return the version from which on it may have begun; None where nothing fails."""
    if found.first is None:
        return None
    return found.hidden[0] if found.hidden else found.first.version.number
