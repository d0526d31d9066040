"""`dqm schema TABLE` and `dqm check --version`: a table and its pack as they grew apart."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from dq_monitor.cli.main import run
from dq_monitor.tables.delta import DeltaTables

NARROW = "table: silver.t\ncontract:\n  columns:\n    id: {type: int32}\n    gone: {type: date}\n"
WIDE = "table: silver.t\ncontract:\n  columns:\n    id: {type: int64}\n    new: {type: string}\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder whose table has two versions: `id` was an int32 and is an int64."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules/t.yaml").write_text(NARROW)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DQM_WAREHOUSE", str(tmp_path / "warehouse"))
    rows = pl.DataFrame({"id": pl.Series([1], dtype=pl.Int32), "gone": [None]})
    place = DeltaTables(str(tmp_path / "warehouse")).uri("silver.t")
    Path(place).mkdir(parents=True)
    rows.cast({"gone": pl.Date}).write_delta(place)
    return tmp_path


def test_a_table_that_is_as_its_pack_says(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert project.exists()
    assert run(["schema", "silver.t"]) == 0
    assert capsys.readouterr().out == "silver.t: its columns are as the pack says\n"


def test_each_difference_is_told_by_kind_and_fate(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "rules/t.yaml").write_text(WIDE)
    assert run(["schema", "silver.t"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "removed     null      column 'gone' (date) is missing: added as null",
        "widened     refused   column 'id' should be int32 and is int64",
        "added       kept      column 'new' (string) is new",
    ]
    assert run(["schema", "silver.t", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert {(one["kind"], one["breaking"]) for one in told} == {
        ("removed", False),
        ("widened", True),
        ("added", False),
    }


def test_an_older_version_is_held_against_the_pack(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "rules/t.yaml").write_text(WIDE + "rules:\n  - is_null: new\n")
    place = DeltaTables(str(project / "warehouse")).uri("silver.t")
    now = pl.DataFrame({"id": ["1"], "new": ["x"]})
    now.write_delta(place, mode="overwrite", delta_write_options={"schema_mode": "overwrite"})
    assert run(["check", "silver.t", "--version", "0"]) == 0
    capsys.readouterr()
    assert run(["check", "silver.t", "--json"]) == 1
    (contract, _) = json.loads(capsys.readouterr().out)["findings"]
    assert contract["message"] == "silver.t: column 'id' should be int64 and is string"


@pytest.mark.parametrize("command", ["check", "schema"])
def test_a_version_that_is_not_there_is_a_slip_of_the_caller(
    command: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert project.exists()
    assert run([command, "silver.t", "--version", "77"]) == 2
    told = capsys.readouterr().err
    assert "silver.t has no version 77" in told
    assert "fix: name one of 0 to 0" in told


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["check", "silver.t", "--version", "0", "--engine", "duckdb"], "--version with duckdb"),
        (["check", "rules/t.yaml", "--pack", "rules/t.yaml", "--version", "0"], "has no versions"),
        (["schema", "silver.x"], "silver.x"),
        (["check", "silvr.t"], "did you mean 'silver.t'?"),
        (["history", "silvr.t"], "did you mean 'silver.t'?"),
    ],
    ids=["engine", "file", "no pack", "check", "history"],
)
def test_a_version_is_of_a_delta_table_on_polars(
    arguments: list[str], told: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert project.exists()
    assert run(arguments) == 2
    assert told in capsys.readouterr().err
