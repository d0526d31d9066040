"""The frame of `dqm`: finds commands, turns every error into one message and an exit code."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import inspect
import os
import pkgutil
import sys
import traceback
from collections.abc import Sequence
from importlib.abc import InspectLoader
from typing import NoReturn

import click

from dq_monitor.errors import DqmError, ExitCode
from dq_monitor.registry import suggest

PACKAGE = "dq_monitor.cli"
COMPLETION = "_DQM_COMPLETE"
INTERRUPTED = 130  # as shells count it: 128 + SIGINT
READER_GONE = 141  # 128 + SIGPIPE: `dqm rules | head` is no failure of the data
LONGEST_LINE = 300


class Commands(click.Group):
    """The commands in `dq_monitor/cli/`: `a_name.py` holds `a-name`, imported when called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names, read off the folder."""
        folder = importlib.import_module(PACKAGE)
        names = (module.name for module in pkgutil.iter_modules(folder.__path__))
        known = (name for name in names if name != "main" and not name.startswith("_"))
        return sorted(name.replace("_", "-") for name in known)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command called `cmd_name`; None when there is none."""
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = importlib.import_module(_module(cmd_name)).command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that `args` begins with; name the nearest for one that is not."""
        if args and not args[0].startswith("-") and args[0] not in self.list_commands(ctx):
            near = suggest(args[0], self.list_commands(ctx))
            ctx.fail(f"no command {args[0]!r} ({near})")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write name and purpose of each command without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, _purpose(name)) for name in self.list_commands(ctx)])


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="dq-monitor", message="dqm %(version)s")
def dqm() -> None:
    """Guard Delta tables: every write is audited before it commits."""


def main() -> NoReturn:
    """Run `dqm` and leave the process with its exit code."""
    if COMPLETION in os.environ:
        dqm.main(prog_name="dqm", complete_var=COMPLETION)
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str], group: click.Group = dqm) -> int:
    """Run one command and return the exit code: 0 good, 1 data failed, 2 used wrongly, 3 broke."""
    try:
        # Not `group.main`: it makes 1 of a closed pipe, which here says that data failed.
        with group.make_context("dqm", list(arguments)) as context:
            group.invoke(context)
        sys.stdout.flush()
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except BrokenPipeError:
        return _reader_gone()
    except (KeyboardInterrupt, EOFError, click.Abort):
        _say("interrupted")
        return INTERRUPTED
    except SystemExit:
        raise
    except BaseException as error:  # noqa: BLE001 - a panic in Polars is no Exception
        return _failed(error)
    return ExitCode.GOOD


def _module(name: str) -> str:
    return f"{PACKAGE}.{name.replace('-', '_')}"


def _purpose(name: str) -> str:
    """Return the first line of a command module's docstring, read from its source."""
    spec = importlib.util.find_spec(_module(name))
    loader = spec.loader if spec else None
    source = loader.get_source(spec.name) if isinstance(loader, InspectLoader) and spec else None
    doc = ast.get_docstring(ast.parse(source or "")) or ""
    first = inspect.cleandoc(doc).partition("\n")[0]
    return first.removeprefix(f"`dqm {name}`").lstrip(" :").rstrip(".")


def _failed(error: BaseException) -> int:
    if os.environ.get("DQM_DEBUG"):
        traceback.print_exception(error)
    if isinstance(error, click.ClickException):
        error.show()
        return ExitCode.USED_WRONGLY
    if isinstance(error, DqmError):
        _say(f"error: {error}")
        return error.exit_code
    reason = (str(error).strip().splitlines() or ["no reason given"])[0][:LONGEST_LINE]
    _say(f"error: dqm broke: {type(error).__name__}: {reason}")
    _say("  fix: run it again with DQM_DEBUG=1 to see where, and report that")
    return ExitCode.BROKE


def _reader_gone() -> int:
    """Point stdout at nothing, or the interpreter complains once more when it flushes at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    return READER_GONE


def _say(message: str) -> None:
    click.echo(message, err=True)
