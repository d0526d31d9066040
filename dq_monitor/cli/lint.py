"""`dqm lint`: checks rule packs and shows every error with its line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from dq_monitor.packs import load_files, pack_files
from dq_monitor.packs.report import counted
from dq_monitor.settings import load_settings


@click.command(name="lint")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
def command(paths: tuple[Path, ...]) -> None:
    """Check rule packs without touching data.

    PATHS are files or folders; by default the folder that the settings name as `rules`.
    """
    packs = load_files(list(files_of(paths)))
    rules = sum(len(pack.rules) for pack in packs.values())
    click.echo(f"{counted(len(packs), 'pack')}, {counted(rules, 'rule')}: ok")


def files_of(paths: Sequence[Path]) -> Iterator[Path]:
    """Return the pack files that `paths` name, each once, those in folders sorted."""
    if not paths:
        yield from pack_files(load_settings().rules)
    found = (file for path in paths for file in (pack_files(path) if path.is_dir() else [path]))
    yield from dict.fromkeys(found)
