from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import click
import polars as pl
import pytest

from dq_monitor.cli.main import dqm, run
from dq_monitor.errors import ContractBroken, PackInvalid, StoreLocked


class Panic(BaseException):
    """What Polars raises when its core panics is no Exception either."""


def raising(error: BaseException) -> Callable[[], None]:
    def body() -> None:
        raise error

    return body


def group_of(body: Callable[[], None]) -> click.Group:
    return click.Group(commands={"do": click.Command("do", callback=body)})


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        pytest.param(
            PackInvalid("a.yaml:1:1: no", fix="correct it"),
            2,
            "error: A rule pack has errors: a.yaml:1:1: no\n  fix: correct it\n",
            id="used wrongly",
        ),
        pytest.param(
            ContractBroken("silver.a: column b"),
            1,
            "error: The batch does not keep the table's contract: silver.a: column b\n",
            id="data failed",
        ),
        pytest.param(
            StoreLocked(),
            3,
            "error: The store is locked by another process; whatever was under way can be sent "
            "again\n",
            id="broke",
        ),
        pytest.param(
            ZeroDivisionError("by zero\nand more"),
            3,
            "error: dqm broke: ZeroDivisionError: by zero\n"
            "  fix: run it again with DQM_DEBUG=1 to see where, and report that\n",
            id="unexpected",
        ),
        pytest.param(
            Panic(),
            3,
            "error: dqm broke: Panic: no reason given\n"
            "  fix: run it again with DQM_DEBUG=1 to see where, and report that\n",
            id="panic",
        ),
        pytest.param(KeyboardInterrupt(), 130, "interrupted\n", id="interrupted"),
        pytest.param(click.Abort(), 130, "interrupted\n", id="aborted"),
        pytest.param(
            click.FileError("a.txt", "gone"),
            2,
            "Error: Could not open file 'a.txt': gone\n",
            id="click",
        ),
    ],
)
def test_every_error_is_one_message_and_an_exit_code(
    error: BaseException, code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["do"], group_of(raising(error))) == code
    out, err = capsys.readouterr()
    assert (out, err) == ("", said)


def test_a_panic_of_polars_is_caught(capsys: pytest.CaptureFixture[str]) -> None:
    error = pl.exceptions.PanicException("index out of bounds")
    assert run(["do"], group_of(raising(error))) == 3
    assert "PanicException: index out of bounds" in capsys.readouterr().err


def test_a_command_may_choose_its_exit_code() -> None:
    def body() -> None:
        click.get_current_context().exit(1)

    assert run(["do"], group_of(body)) == 1


def test_a_command_that_returns_is_good() -> None:
    assert run(["do"], group_of(lambda: None)) == 0


@pytest.mark.parametrize("arguments", [["--nope"], ["lint", "--nope"], ["nope"]])
def test_wrong_usage_is_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) == 2
    assert "Error: " in capsys.readouterr().err


def test_an_unknown_command_answers_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["lnt"]) == 2
    assert "no command 'lnt' (did you mean 'lint'?)" in capsys.readouterr().err


def test_help_lists_every_command_with_its_purpose(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    lines = capsys.readouterr().out.partition("Commands:\n")[2].splitlines()
    listed = {line.split()[0]: line.split()[1:] for line in lines if line.startswith("  ")}
    with click.Context(dqm) as context:
        names = dqm.list_commands(context)
    assert {"lint", "rules", "schema", "test"} <= set(names) <= set(listed)
    assert all(listed[name] for name in names)


def test_each_file_holds_the_command_it_is_named_for() -> None:
    with click.Context(dqm) as context:
        for name in dqm.list_commands(context):
            command = dqm.get_command(context, name)
            assert command is not None
            assert (command.name, bool(command.help)) == (name, True)


def dqm_in_a_process(*arguments: str, code: str = "") -> subprocess.CompletedProcess[str]:
    start = ["-c", code] if code else ["-m", "dq_monitor"]
    return subprocess.run(
        [sys.executable, *start, *arguments], capture_output=True, text=True, check=False
    )


def test_help_imports_no_command_and_no_engine() -> None:
    code = (
        "import sys; from dq_monitor.cli.main import run; run(['--help'])\n"
        "print([m for m in sys.modules if m in ('polars', 'pydantic', 'yaml', 'sqlalchemy')\n"
        "      or m.startswith('dq_monitor.cli.') and m != 'dq_monitor.cli.main'])"
    )
    assert dqm_in_a_process(code=code).stdout.endswith("\n[]\n")


def test_the_package_runs_as_a_module() -> None:
    done = dqm_in_a_process("--version")
    assert (done.returncode, done.stdout.split()[0]) == (0, "dqm")


def test_a_reader_that_goes_away_is_no_error() -> None:
    command = f"'{sys.executable}' -m dq_monitor rules | true; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.stdout.strip() in {"0", "141"}  # 0 when it had written all before
    assert done.stderr == ""


def test_debugging_shows_the_traceback() -> None:
    code = (
        "import os; os.environ['DQM_DEBUG'] = '1'\n"
        "import click; from dq_monitor.cli.main import run\n"
        "run(['do'], click.Group(commands={'do': click.Command('do', callback=lambda: 1 / 0)}))"
    )
    done = dqm_in_a_process(code=code)
    assert "Traceback" in done.stderr
    assert done.stderr.endswith("and report that\n")
