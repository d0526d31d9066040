"""`dqm rules`: lists the checks that a rule can use."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import click

from dq_monitor.packs.catalog import CheckType, catalog
from dq_monitor.packs.words import expected

HEAD = """\
# Checks

Written by `dqm rules --markdown > docs/rules.md` from the checks themselves. What may stand beside
a check in a rule (`where`, `warn`, `error`, `on_fail`, ...) is in [packs.md](packs.md#rules), what
nulls and thresholds mean in [semantics.md](semantics.md).

A check is of one kind. **row**: each row passes, fails, or is unknown. **set**: a row passes or
fails by its key. **table**: the batch has a value, which `warn` and `error` bound. **history**: the
value of a table rule is held against its own past.
"""


@click.command(name="rules")
@click.option("--json", "as_json", is_flag=True, help="print JSON instead of text")
@click.option("--markdown", is_flag=True, help="print the reference in docs/rules.md")
def command(*, as_json: bool, markdown: bool) -> None:
    """List the checks that a rule can use, with their parameters."""
    if as_json and markdown:
        raise click.UsageError("--json and --markdown exclude each other: give one of them")
    if markdown:
        click.echo("\n".join(_reference(list(catalog().values()))))
        return
    checks = [describe(check) for check in catalog().values()]
    if as_json:
        click.echo(json.dumps(checks, indent=2))
        return
    for check in checks:
        click.echo(f"{click.style(check['name'], bold=True)} ({check['kind']})")
        click.echo(f"  {check['summary']}")
        for parameter in check["parameters"]:
            click.echo(f"    {_line(parameter)}")
        click.echo()


def describe(check: CheckType) -> dict[str, Any]:
    """Return what a check is, as plain data."""
    return {
        "name": check.name,
        "kind": check.kind.value,
        "summary": check.summary,
        "aliases": list(check.aliases),
        "shorthand": check.shorthand,
        "parameters": [
            {
                "name": name,
                "takes": expected(schema, check.shape.schema),
                "required": name in check.required,
                "default": schema.get("default"),
                "description": schema.get("description", ""),
            }
            for name, schema in check.parameters.items()
        ],
    }


def _line(parameter: dict[str, Any]) -> str:
    optional = "" if parameter["required"] else " (optional)"
    about = f" - {parameter['description']}" if parameter["description"] else ""
    return f"{parameter['name']}: {parameter['takes']}{optional}{about}"


def _reference(checks: Sequence[CheckType]) -> Iterator[str]:
    yield HEAD
    yield from _table(
        ("check", "kind", "what it asks"),
        [(f"[`{check.name}`](#{check.name})", check.kind.value, check.summary) for check in checks],
    )
    for check in checks:
        yield from ("", *_section(check))


def _section(check: CheckType) -> Iterator[str]:
    yield from (f"## {check.name}", "", f"Kind: {check.kind.value}.", "", check.prose, "")
    parameters = describe(check)["parameters"]
    if parameters:
        yield from _table(
            ("parameter", "takes", "default", "meaning"),
            [(f"`{p['name']}`", p["takes"], _default(p), p["description"]) for p in parameters],
        )
    else:
        yield "It has no parameters."
    yield from ("", *_shorthand(check))
    yield from ("```yaml", check.example, "```")


def _shorthand(check: CheckType) -> Iterator[str]:
    if check.shorthand:
        each = ", and a list makes one rule for each entry" if check.each else ""
        yield f"A bare value after `{check.name}:` stands for `{check.shorthand}`{each}."
        yield ""


def _default(parameter: dict[str, Any]) -> str:
    if parameter["required"]:
        return "required"
    value = parameter["default"]
    if value is None or value == []:
        return "none given"
    return f"`{value if isinstance(value, str) else json.dumps(value)}`"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield _cells(head)
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield _cells(row)


def _cells(cells: Sequence[str]) -> str:
    # A bar ends a cell and an angle bracket may begin a tag, also where neither is meant.
    inert = (cell.replace("|", "\\|").replace("<", "&lt;") for cell in cells)
    return f"| {' | '.join(inert)} |"
