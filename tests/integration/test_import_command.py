"""`dqm import-results`: what another tool found is judged by the next write."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from dq_monitor import write
from dq_monitor.cli.main import run
from dq_monitor.model.verdict import Status
from dq_monitor.settings import load_settings
from dq_monitor.store import open_store

TABLE = "silver.flights"
PACK = """
table: silver.flights
rules:
  - imported_result: {tool: generic, name: totals agree, max_age: 1h}
    id: totals
"""
NOW = datetime.now(UTC)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "flights.yaml").write_text(PACK)


def import_(failures: float, at: datetime = NOW, table: str = TABLE) -> int:
    results = [{"name": "totals agree", "failures": failures}]
    Path("found.json").write_text(json.dumps({"at": at.isoformat(), "results": results}))
    return run(["import-results", "found.json", "--tool", "generic", "--table", table])


def status() -> Status:
    outcome = write(pl.DataFrame({"a": [1]}), TABLE, now=NOW + timedelta(minutes=1))
    return outcome.verdict.findings[0].status


def test_the_next_write_is_told_what_another_tool_found(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert status() is Status.NOT_EVALUATED
    assert import_(3) == 0
    assert "imported.generic.totals agree: 3\n" in capsys.readouterr().out
    assert status() is Status.FAIL
    assert import_(0, NOW + timedelta(seconds=1)) == 0
    assert status() is Status.PASS


def test_an_old_result_is_not_believed() -> None:
    import_(0, NOW - timedelta(hours=2))
    assert status() is Status.NOT_EVALUATED


def test_the_same_file_twice_is_one_import() -> None:
    assert [import_(3), import_(3)] == [0, 0]
    store = open_store(load_settings().store)
    try:
        after = NOW + timedelta(hours=1)
        found = store.history.before(TABLE, "imported.generic.totals agree", "", after, 10)
    finally:
        store.close()
    assert [metric.value for metric in found] == [3]


def test_an_unguarded_table_is_refused_with_the_nearest(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert import_(3, table="silver.flight") == 2
    assert "did you mean 'silver.flights'?" in capsys.readouterr().err


def test_a_file_of_another_tool_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    Path("found.json").write_text("{}")
    assert run(["import-results", "found.json", "--tool", "dbt", "--table", TABLE]) == 2
    assert "give the run_results.json of a dbt run" in capsys.readouterr().err
