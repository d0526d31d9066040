"""`dqm bisect`: the first version of a table in which a rule failed."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import click

from dq_monitor.app import App, memory_of, open_app
from dq_monitor.errors import ExitCode, UnknownName
from dq_monitor.examination import examine_table
from dq_monitor.model.check import Kind
from dq_monitor.model.pack import Pack
from dq_monitor.model.verdict import SEVERITY, Status
from dq_monitor.registry import suggest
from dq_monitor.search import first_failing
from dq_monitor.settings import load_settings
from dq_monitor.tables.timeline import Version, timeline


@click.command(name="bisect")
@click.argument("table")
@click.argument("rule")
@click.option(
    "--linear", is_flag=True, help="ask every version: a rule that failed may have passed"
)
@click.option("--json", "as_json", is_flag=True, help="print JSON")
def command(table: str, rule: str, *, linear: bool, as_json: bool) -> None:
    """Find the first version of TABLE in which RULE, as it is today, began to fail.

    The versions that make up the table as it is are asked, by halves: that takes for granted that
    once it failed it failed ever since. Of each version only files are read that were not asked
    before. The exit code is 1 when a version was found.
    """
    app = open_app(load_settings())
    try:
        pack = _only(app.gate.pack(table), rule)
        known = timeline(table, app.tables.open(table))
        versions = [one for one in reversed(known.line(known.newest.number)) if one.readable]
        asked: dict[int, Status] = {}

        def fails(version: Version) -> bool:
            asked[version.number] = _status(app, pack, version.number)
            return SEVERITY[asked[version.number]] >= SEVERITY[Status.WARN]

        found = first_failing(versions, fails, linear=linear)
    finally:
        app.close()
    if as_json:
        told = {str(number): status.value for number, status in sorted(asked.items())}
        number = found.number if found else None
        click.echo(json.dumps({"table": table, "rule": rule, "first": number, "asked": told}))
    else:
        click.echo(_told(table, rule, found, versions, len(asked)))
    if found:
        raise click.exceptions.Exit(ExitCode.DATA_FAILED)


def _only(pack: Pack, rule_id: str) -> Pack:
    rules = {rule.id: rule for rule in pack.rules if rule.kind is not Kind.HISTORY}
    if rule_id not in rules:
        raise UnknownName(f"{pack.table} has no rule {rule_id!r}", fix=suggest(rule_id, rules))
    return replace(pack, rules=(rules[rule_id],))


def _status(app: App, pack: Pack, version: int) -> Status:
    examined = examine_table(
        pack,
        app.tables.open(pack.table, version),
        app.tables,
        memory_of(app.settings, app.store),
        subject=f"bisect:{pack.table}:{version}",
        now=datetime.now(UTC),
    )
    rule_id = pack.rules[0].id
    found = [f.status for f in examined.verdict.findings if f.rule_id == rule_id]
    return max(found, key=SEVERITY.__getitem__, default=Status.NOT_EVALUATED)


def _told(table: str, rule: str, found: Version | None, versions: list[Version], asked: int) -> str:
    span = f"{asked} of versions {versions[0].number} to {versions[-1].number} asked"
    if found is None:
        return f"{table}: {rule} does not fail ({span})"
    by = f", write {found.write_id}" if found.write_id else ""
    return f"{table}: {rule} first failed in version {found.number} ({found.mode}{by}; {span})"
