"""`dqm schema`: prints the JSON Schema of rule packs, for editors."""

from __future__ import annotations

import json

import click

from dq_monitor.packs import json_schema


@click.command(name="schema")
def command() -> None:
    """Print the JSON Schema of a rule pack.

    Save it beside the packs and let each begin with
    `# yaml-language-server: $schema=rule-pack.schema.json`: editors then complete and check.
    """
    click.echo(json.dumps(json_schema(), indent=2))
