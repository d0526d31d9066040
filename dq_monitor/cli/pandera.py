"""`dqm pandera`: gives a pack to pandera as a schema, and makes a pack of a schema."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import click

from dq_monitor.engines.schemas import as_script, from_pandera
from dq_monitor.errors import PackMissing, UnknownName, UsageError
from dq_monitor.packs import load_pack, load_packs
from dq_monitor.registry import suggest
from dq_monitor.settings import load_settings


@click.group(name="pandera")
def command() -> None:
    """Exchange packs and pandera schemas; what one side cannot say is listed as a comment."""


@command.command()
@click.argument("pack", metavar="PACK")
def export(pack: str) -> None:
    """Print a Python script that makes the schema of PACK: a file, or a table that one guards."""
    click.echo(as_script(_pack(pack)), nl=False)


@command.command(name="import")
@click.argument("place", metavar="MODULE:NAME")
@click.option("--table", required=True, help="the table that the pack is to guard")
def import_(place: str, table: str) -> None:
    """Print a pack made of a DataFrameSchema or DataFrameModel for Polars.

    MODULE:NAME is imported, and so run: from the current folder or any installed package.
    """
    click.echo(from_pandera(_schema(place), table), nl=False)


def _pack(name: str) -> Any:
    if Path(name).is_file():
        return load_pack(Path(name))
    packs = load_packs(load_settings().rules)
    if name not in packs:
        raise PackMissing(name, fix=suggest(name, packs) if packs else "name a pack's file")
    return packs[name]


def _schema(place: str) -> Any:
    module_name, _, name = place.partition(":")
    if not module_name or not name:
        raise UsageError(f"{place!r} is no place", fix="write MODULE:NAME, such as checks:Flights")
    found = getattr(_module(module_name), name, None)
    schema = found.to_schema() if isinstance(found, type) and hasattr(found, "to_schema") else found
    if not hasattr(schema, "columns") or not hasattr(schema, "checks"):
        raise UnknownName(
            f"schema {name!r} in {module_name}", fix="name a DataFrameSchema or DataFrameModel"
        )
    return schema


def _module(name: str) -> Any:
    sys.path.insert(0, str(Path.cwd()))
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise UsageError(f"module {name!r}: {error}", fix="name an importable module") from error
    finally:
        sys.path.pop(0)
