from __future__ import annotations

import json
from pathlib import Path

import pytest

from dq_monitor.cli.main import run
from dq_monitor.errors import PipelineInvalid
from dq_monitor.pipeline.load import load_pipeline

PIPELINE = """
from dq_monitor import Pipeline, Step, new_rows, file
from shapes import typed


def delivered(rows):
    return rows


daily = Pipeline(
    "daily",
    (
        Step("bronze.trips", {"rows": file("{landing}/{day}.csv", infer_schema=False)}, delivered),
        Step("silver.trips", {"rows": new_rows("bronze.trips")}, typed),
    ),
)
"""
SHAPES = """
import polars as pl


def typed(rows):
    return rows.with_columns(pl.col("miles").cast(pl.Int64))
"""
PACK = """
pack: {table}
table: {table}
rules:
  - row_count: {{}}
    error: {{below: 1}}
{more}
"""
FEW_MILES = "  - in_range: {column: miles, max: 100}"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "rules").mkdir()
    for table, more in (("bronze.trips", ""), ("silver.trips", FEW_MILES)):
        (tmp_path / "rules" / f"{table}.yaml").write_text(PACK.format(table=table, more=more))
    (tmp_path / "pipelines").mkdir()
    (tmp_path / "pipelines" / "daily.py").write_text(PIPELINE)
    (tmp_path / "pipelines" / "shapes.py").write_text(SHAPES)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "2013-01-01.csv").write_text("id,miles\n1,10\n2,20\n")
    (tmp_path / "in" / "2013-01-02.csv").write_text("id,miles\n3,10\n4,2000\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def dqm(*arguments: str) -> int:
    return run(["run", "pipelines/daily.py", "--param", "landing=in", *arguments])


def test_a_run_tells_each_step_and_ends_well(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert dqm("--day", "2013-01-01", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["pipeline"], told["key"], told["exit_code"]) == ("daily", "2013-01-01", 0)
    assert [(s["step"], s["state"], s["rows_in"]) for s in told["steps"]] == [
        ("bronze.trips", "committed", 2),
        ("silver.trips", "committed", 2),
    ]


def test_failing_rows_are_shown_and_the_exit_code_says_so(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert dqm("--day", "2013-01-02") == 1
    said = capsys.readouterr().out
    assert "in_range.miles" in said
    assert "1 of 2 judged rows fail" in said


def test_the_same_key_again_says_that_nothing_changed(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert dqm("--day", "2013-01-01") == 0
    assert dqm("--day", "2013-01-01") == 0
    assert "was there already: nothing changed" in capsys.readouterr().out


def test_each_step_that_was_settled_before_is_marked(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert dqm("--day", "2013-01-01", "--only", "bronze.trips") == 0
    assert dqm("--day", "2013-01-01") == 0
    bronze, silver = capsys.readouterr().out.splitlines()[-2:]
    assert "committed before" in bronze
    assert "before" not in silver


def test_a_step_alone_and_the_steps_from_one_on(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert dqm("--day", "2013-01-01", "--only", "bronze.trips") == 0
    capsys.readouterr()
    assert dqm("--day", "2013-01-01", "--from", "silver.trips", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert [step["step"] for step in told["steps"]] == ["silver.trips"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--day", "2013-01-09"), "in/2013-01-09.csv"),
        (("--only", "silver.trip"), "did you mean 'silver.trips'?"),
        (("--day", "2013-01-01", "--only", "silver.trips"), "--from bronze.trips"),
        (("--param", "landing"), "is not NAME=VALUE"),
        (("--key", ""), "the key '' names no batch"),
    ],
)
def test_what_is_used_wrongly_is_told_with_the_remedy(
    project: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    words: str,
) -> None:
    assert dqm(*arguments) == 2
    said = capsys.readouterr()
    assert words in said.out + said.err
    assert "Traceback" not in said.err


def test_a_damaged_delivery_fails_as_data_does(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "in" / "2013-01-01.csv").write_text("id,miles\n1,10\n2")
    assert dqm("--day", "2013-01-01") == 1
    said = capsys.readouterr().out
    assert "bronze.trips broke: A source file is damaged or cut off: in/2013-01-01.csv" in said
    assert "silver.trips was skipped: bronze.trips broke" in said


def test_a_table_without_a_pack_is_told_before_anything_runs(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "rules" / "silver.trips.yaml").unlink()
    assert dqm("--day", "2013-01-01") == 2
    assert "No rule pack guards this table: silver.trips" in capsys.readouterr().err
    assert not (project / ".dqm" / "warehouse" / "bronze").exists()


def test_a_pipeline_is_found_by_file_and_by_name(project: Path) -> None:
    assert load_pipeline("pipelines/daily.py").name == "daily"
    assert load_pipeline("pipelines/daily.py:daily").name == "daily"
    assert load_pipeline("dq_monitor.demo.steps").name == "nycflights13"
    assert load_pipeline("dq_monitor.demo.steps:pipeline").name == "nycflights13"


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("pipelines/dayly.py", "pipelines/dayly.py is not there"),
        ("pipelines/daily.py:dayly", "did you mean 'daily'?"),
        ("pipelines/shapes.py", "holds no pipeline"),
        ("no_such_module:daily", "cannot be imported: ModuleNotFoundError"),
        ("pipelines/broken.py", r"cannot be imported (broken.py:2): ZeroDivisionError"),
        ("pipelines/two.py", "holds 2 pipelines"),
    ],
)
def test_a_pipeline_that_is_not_there_is_told(project: Path, reference: str, words: str) -> None:
    (project / "pipelines" / "broken.py").write_text("x = 1\ny = x / 0\n")
    (project / "pipelines" / "two.py").write_text(
        PIPELINE + 'other = Pipeline("other", daily.steps)\n'
    )
    with pytest.raises(PipelineInvalid) as raised:
        load_pipeline(reference)
    assert words in str(raised.value)
