"""`dqm explain`: how the rules of a pack are worked off, before it is done and with its times."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dq_monitor.cli.main import run

PACK = """\
table: silver.flights
contract:
  columns: {carrier: {type: string}, flight: {type: int64}, delay: {type: float64}}
rules:
  - not_null: carrier
  - unique: [carrier, flight]
  - foreign_key: {column: carrier, references: bronze.airlines.carrier}
    on_fail: keep
  - row_count: {}
    scope: table
    error: {below: 1}
  - anomaly: row_count
    warn: {beyond: 4}
"""
ROWS = pl.DataFrame({"carrier": ["AA", "UA", "AA"], "flight": [1, 2, 1], "delay": [1.0, 2.0, 3.0]})


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "flights.yaml").write_text(PACK)
    ROWS.write_parquet(tmp_path / "flights.parquet")
    ROWS.write_csv(tmp_path / "flights.csv")
    airlines = tmp_path / ".dqm" / "warehouse" / "bronze" / "airlines"
    airlines.mkdir(parents=True)
    pl.DataFrame({"carrier": ["AA", "UA"]}).write_delta(airlines)
    return tmp_path


def explained(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert run(["explain", *arguments, "--json"]) == 0
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    return told


def test_a_file_that_knows_columns_is_read_column_by_column(
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = explained(capsys, "rules/flights.yaml", "flights.parquet")
    assert [(look["part"], look["columns"]) for look in told["looks"]] == [
        ("rows", ["carrier"]),
        ("hashes", ["carrier", "flight"]),
        ("keys", ["carrier", "flight"]),
    ]
    assert told["columns"] == ["carrier", "flight"]
    assert told["without_a_column"] == ["row_count"]
    assert told["looks"][-1]["beside"] == ["bronze.airlines"]


def test_text_is_read_once(capsys: pytest.CaptureFixture[str]) -> None:
    told = explained(capsys, "silver.flights", "flights.csv")
    assert [look["part"] for look in told["looks"]] == ["rows", "keys"]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_run_times_each_look(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    told = explained(capsys, "silver.flights", f"flights.{kind}", "--run")
    assert all(look["seconds"] > 0 for look in told["looks"])


def test_a_write_is_explained_from_the_contract(capsys: pytest.CaptureFixture[str]) -> None:
    told = explained(capsys, "silver.flights")
    assert told["of"] == "a write to silver.flights"
    by_rule = {rule: look["of"] for look in told["looks"] for rule in look["rules"]}
    assert by_rule["not_null.carrier"] == "the batch"
    assert by_rule["row_count"] == "the stored rows"
    assert by_rule["anomaly.row_count"] == "the history"
    (keys,) = (look for look in told["looks"] if look["rules"] == ["unique.carrier_flight"])
    assert keys["beside"] == ["the stored rows"]


def test_people_see_a_table_and_a_summary(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    ROWS.head(2).write_parquet("flights.parquet")
    assert run(["explain", "silver.flights", "flights.parquet", "--run"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("5 rules of pack silver.flights: flights.parquet ")
    assert "foreign_key.carrier, perhaps unique.carrier_flight" in out
    assert "3 looks at 2 columns\n" in out
    assert "no column is read for row_count\n" in out


def test_a_rule_that_cannot_be_asked_is_told(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ROWS.drop("flight").write_parquet(folder / "flights.parquet")
    assert run(["explain", "silver.flights", "flights.parquet"]) == 0
    assert "unique.carrier_flight cannot be asked: there is no column" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["silver.flights", "--run"], "--run needs rows to ask"),
        (["silver.nothing"], "name a pack's file, or the table that it guards"),
        (["silver.flights", "nowhere.csv"], "is no file and no table"),
        (["bare.yaml"], "nothing says what columns silver.bare has"),
    ],
)
def test_what_cannot_be_explained_says_why(
    folder: Path, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "bare.yaml").write_text("table: silver.bare\nrules: [{not_null: a}]\n")
    assert run(["explain", *arguments]) == 2
    assert message in capsys.readouterr().err
