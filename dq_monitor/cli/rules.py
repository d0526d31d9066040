"""`dqm rules`: lists the checks that a rule can use."""

from __future__ import annotations

import json
from typing import Any

import click

from dq_monitor.packs.catalog import CheckType, catalog
from dq_monitor.packs.words import expected


@click.command(name="rules")
@click.option("--json", "as_json", is_flag=True, help="print JSON instead of text")
def command(*, as_json: bool) -> None:
    """List the checks that a rule can use, with their parameters."""
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
        "summary": _first_sentence(check.doc),
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


def _first_sentence(doc: str) -> str:
    paragraph = " ".join(doc.partition("\n\n")[0].split())
    return f"{paragraph.partition('. ')[0].rstrip('.')}."


def _line(parameter: dict[str, Any]) -> str:
    optional = "" if parameter["required"] else " (optional)"
    about = f" - {parameter['description']}" if parameter["description"] else ""
    return f"{parameter['name']}: {parameter['takes']}{optional}{about}"
