"""`dqm quarantine`, run as a user runs it."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dq_monitor.app import open_app
from dq_monitor.cli.main import run
from dq_monitor.settings import load_settings
from tests.quarantine_house import ROWS, STRICT, TABLE, WIDER


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules").mkdir()
    use(tmp_path, STRICT)
    with closing(open_app(load_settings())) as app:
        app.write(ROWS, TABLE, key="one")
    return tmp_path


def use(home: Path, pack: str) -> None:
    (home / "rules" / "trips.yaml").write_text(pack)


def dqm(capsys: pytest.CaptureFixture[str], *arguments: str, ends: int = 0) -> str:
    code = run(["quarantine", *arguments])
    said = capsys.readouterr()
    assert code == ends, said
    return said.out + said.err


def as_json(capsys: pytest.CaptureFixture[str], *arguments: str, ends: int = 0) -> Any:
    return json.loads(dqm(capsys, *arguments, "--json", ends=ends))


def test_list_counts_by_rule_and_state(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert dqm(capsys, "list").splitlines() == [
        "table         rule            state  rows",
        "silver.trips  (all rows)      open      4",
        "silver.trips  in_range.miles  open      3",
        "silver.trips  in_set.carrier  open      1",
        "silver.trips  not_null.trip   open      1",
    ]
    (one,) = as_json(capsys, "list", TABLE, "--rule", "in_set.carrier")[:1]
    assert one == {"table": TABLE, "rule": "", "state": "open", "rows": 1}
    assert dqm(capsys, "list", "--older", "1d") == "no row in quarantine is meant\n"


def test_show_gives_reasons_and_masks_values(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = dqm(capsys, "show", TABLE, "--rule", "in_set.carrier")
    assert "miles: too high (in_range.miles)" in said
    assert "carrier: not in set (in_set.carrier)" in said
    assert "5000" not in said
    assert "ZZ" not in said
    (row,) = as_json(capsys, "show", TABLE, "--rule", "in_set.carrier", "--unmask")
    assert row["values"] == {"trip": 4, "miles": 5000, "carrier": "ZZ"}
    assert row["id"] == f"{row['write_id']}:{row['row']}"


def test_waive_replay_and_purge(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    waived = as_json(capsys, "waive", TABLE, "--rule", "in_set.carrier", "--why", "a new carrier")
    assert [one["released"] for one in waived] == [1]
    use(home, WIDER)
    said = dqm(capsys, "replay")
    assert "1 released as version" in said
    assert "2 stay open" in said
    assert as_json(capsys, "purge", "--state", "open") == {TABLE: 2}
    assert dqm(capsys, "replay") == "no open row is meant\n"
    found = {one["state"]: one["rows"] for one in as_json(capsys, "list") if not one["rule"]}
    assert found == {"waived": 1, "released": 1, "purged": 2}
    with closing(open_app(load_settings())) as app:
        trips = pl.DataFrame(app.tables.scan(TABLE).select("trip").collect())["trip"]
        kept = app.store.views.quarantine(TABLE)
    assert sorted(trips) == [1, 2, 4]
    assert {one.state: one.rows for one in kept if not one.rule_id} == found


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("waive", TABLE, "--why", "x"), "fix: say which rows: --write ID"),
        (("purge",), "fix: say which rows"),
        (("show", "silver.trip"), "did you mean 'silver.trips'"),
        (("list", "--older", "soon"), "takes a duration such as 90m"),
    ],
    ids=["waive all", "purge all", "unknown table", "no age"],
)
def test_what_is_not_meant_so_is_refused(
    arguments: tuple[str, ...], words: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert words in dqm(capsys, *arguments, ends=2)


def test_what_the_gate_refuses_ends_with_one(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    use(home, WIDER + "  - in_range: {column: no_such, min: 1}\n")
    said = dqm(capsys, "replay", ends=1)
    assert "none released, 4 stay open: the gate refused them" in said


@pytest.mark.parametrize(
    "words",
    [
        ["list"],
        ["show", TABLE],
        ["waive", TABLE, "--why", "fine"],
        ["replay"],
        ["purge"],
    ],
    ids=lambda words: words[0],
)
def test_a_rule_or_write_that_no_row_has_is_a_slip(
    words: list[str], home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert home.exists()
    said = dqm(capsys, *words, "--rule", "in_set.carier", ends=2)
    assert "did you mean 'in_set.carrier'?" in said
    assert "no row in quarantine" in dqm(capsys, *words, "--write", "nosuch", ends=2)


def test_a_rule_of_the_pack_that_holds_nothing_is_no_slip(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert home.exists()
    said = dqm(capsys, "list", "--rule", "unique.trip")
    assert said == "no row in quarantine is meant\n"


def test_an_empty_quarantine_is_an_answer_to_any_rule(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "rules" / "other.yaml").write_text("table: silver.other\nrules:\n  - not_null: a\n")
    assert dqm(capsys, "list", "silver.other") == "no row is in quarantine\n"
    assert dqm(capsys, "show", "silver.other", "--rule", "typo") == (
        "no row in quarantine is meant\n"
    )
