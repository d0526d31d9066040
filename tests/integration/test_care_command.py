"""`dqm care` from a folder with a pack and some small files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dq_monitor.app import write
from dq_monitor.cli.main import run

PACK = """\
table: silver.trips
rules:
  - in_range: {column: miles, max: 100}
care: {compact: {min_files: 2}, sweep_after: 1d}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "trips.yaml").write_text(PACK)
    for day in range(3):
        write(pl.DataFrame({"trip": [day, 9], "miles": [1, 999]}), "silver.trips", key=f"d{day}")
    return tmp_path


def care(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    capsys.readouterr()
    assert run(["care", "silver.trips", "--json", *arguments]) == 0
    return {
        (event["table"], done["upkeep"]): done["files"]
        for event in json.loads(capsys.readouterr().out)
        for done in event["done"]
    }


def test_a_table_and_its_quarantine_are_kept(capsys: pytest.CaptureFixture[str]) -> None:
    found = care(capsys)
    assert found["silver.trips", "compact"] == 3
    assert found["quarantine.silver.trips", "compact"] == 3
    assert care(capsys)["silver.trips", "compact"] == 0


def test_only_what_is_asked_for_is_done(capsys: pytest.CaptureFixture[str]) -> None:
    found = care(capsys, "--compact", "--vacuum")
    assert {upkeep for _, upkeep in found} == {"compact", "vacuum"}


def test_a_dry_run_changes_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = folder / ".dqm" / "warehouse" / "silver" / "trips"
    before = sorted(table.rglob("*"))
    assert care(capsys, "--dry-run")["silver.trips", "compact"] == 3
    assert sorted(table.rglob("*")) == before
    assert run(["care", "silver.trips", "--dry-run"]) == 0
    assert "3 files" in capsys.readouterr().out


def test_it_says_in_words_what_was_done(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["care", "silver.trips"]) == 0
    said = capsys.readouterr().out
    assert "silver.trips  compact     3 files" in said
    assert "compacted into 1 (" in said
    assert "silver.trips  vacuum      0 files removed" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["silver.trips", "--keep", "1h"], "--force", id="too short"),
        pytest.param(["silver.trips", "--keep", "soon"], "takes a duration", id="no duration"),
        pytest.param(["silver.unknown"], "silver.unknown", id="no pack"),
    ],
)
def test_what_cannot_be_done_is_used_wrongly(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["care", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_a_forced_vacuum_keeps_what_was_replaced_within_the_hour(
    capsys: pytest.CaptureFixture[str],
) -> None:
    care(capsys, "--compact")
    assert care(capsys, "--vacuum", "--keep", "1s", "--force")["silver.trips", "vacuum"] == 0
