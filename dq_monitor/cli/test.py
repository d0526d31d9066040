"""`dqm test`: runs the unit tests that rule packs carry."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from dq_monitor.cli.lint import files_of
from dq_monitor.engines.polars import evaluate
from dq_monitor.errors import ExitCode
from dq_monitor.packs import load_files
from dq_monitor.packs.report import counted
from dq_monitor.packtest import run_pack_tests


@click.command(name="test")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.pass_context
def command(ctx: click.Context, paths: tuple[Path, ...]) -> None:
    """Run the unit tests that rule packs carry.

    PATHS are files or folders; by default the folder that the settings name as `rules`. A test
    passes when each rule fails for exactly the rows that `fails` says; a rule that is not named
    fails for none. Only rules whose columns are all in the test's rows take part.
    """
    packs = load_files(list(files_of(paths))).values()
    now = datetime.now(UTC)
    results = [result for pack in packs for result in run_pack_tests(pack, evaluate, now)]
    failed = [result for result in results if result.mismatches]
    for result in failed:
        click.echo(f"{result.pack.file}: {result.test.name}: failed")
        for mismatch in result.mismatches:
            click.echo(f"  {mismatch}")
    run = f"{counted(len(results), 'test')} in {counted(len(packs), 'pack')}"
    click.echo(f"{run}: {_summary(len(results), len(failed))}")
    if failed:
        ctx.exit(ExitCode.DATA_FAILED)


def _summary(run: int, failed: int) -> str:
    if not run:
        return "nothing to run"
    return f"{failed} failed" if failed else "ok"
