"""`dqm check` and `dqm status`: what exists is judged where it lies, and nothing is written."""

import json
from pathlib import Path

import polars as pl
import pytest

from dq_monitor.cli.main import run

PACK = """\
pack: silver.flights
table: silver.flights
contract:
  columns:
    carrier: {type: string}
    delay: {type: int64}
rules:
  - not_null: [carrier]
  - in_range: {column: delay, min: -120, max: 1440}
    on_fail: quarantine
  - row_count: {}
    error: {below: 3}
  - foreign_key: {column: carrier, references: bronze.airlines.carrier}
    warn: {over: 0}
"""
GOOD = pl.DataFrame({"carrier": ["AA", "UA", "AA"], "delay": [5, 7, 9]})
BAD = pl.DataFrame({"carrier": ["AA", None, "ZZ"], "delay": [5, 7, 9999]})


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pack.yaml").write_text(PACK)
    airlines = pl.DataFrame({"carrier": ["AA", "UA"]})
    store(airlines, tmp_path / ".dqm" / "warehouse" / "bronze" / "airlines")
    return tmp_path


def store(frame: pl.DataFrame, place: Path) -> None:
    place.mkdir(parents=True)
    frame.write_delta(place)


def check(
    capsys: pytest.CaptureFixture[str], target: str, *options: str
) -> tuple[int, dict[str, str]]:
    code = run(["check", target, "--pack", "pack.yaml", "--json", *options])
    verdict = json.loads(capsys.readouterr().out)
    return code, {finding["rule"]: finding["status"] for finding in verdict["findings"]}


@pytest.mark.parametrize("kind", ["csv", "parquet", "ndjson", "delta", "table"])
def test_whatever_holds_the_rows_the_answer_is_the_same(
    folder: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    target = f"flights.{kind}"
    if kind == "table":
        target = "silver.flights"
        store(BAD, folder / ".dqm" / "warehouse" / "silver" / "flights")
    elif kind == "delta":
        store(BAD, folder / target)
    else:
        getattr(BAD, f"write_{kind}")(folder / target)
    code, found = check(capsys, target)
    assert code == 1
    assert found == {
        "contract": "pass",
        "not_null.carrier": "fail",
        "in_range.delay": "fail",
        "row_count": "pass",
        "foreign_key.carrier": "warn",
    }


def test_good_rows_exit_with_0_and_say_so(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    GOOD.write_parquet("good.parquet")
    assert run(["check", "good.parquet", "--pack", "pack.yaml"]) == 0
    assert "good.parquet: pass" in capsys.readouterr().out


def test_nothing_is_written(folder: Path) -> None:
    GOOD.write_parquet("good.parquet")
    before = sorted(folder.rglob("*"))
    run(["check", "good.parquet", "--pack", "pack.yaml"])
    assert sorted(folder.rglob("*")) == before


def test_a_broken_contract_is_a_finding_among_others(capsys: pytest.CaptureFixture[str]) -> None:
    GOOD.with_columns(pl.col("delay").cast(pl.String)).write_parquet("odd.parquet")
    code, found = check(capsys, "odd.parquet")
    assert code == 1
    assert (found["contract"], found["in_range.delay"]) == ("fail", "error")
    assert found["not_null.carrier"] == "pass"


@pytest.mark.parametrize(
    ("target", "code", "said"),
    [
        pytest.param("nothing.csv", 2, "no file and no table", id="missing"),
        pytest.param("pack.yaml", 2, "source 'yaml'", id="unknown_kind"),
        pytest.param("cut.parquet", 1, "cut.parquet", id="damaged"),
        pytest.param("empty", 2, "no Delta table", id="folder_without_table"),
    ],
)
def test_what_cannot_be_read_is_named(
    folder: Path, capsys: pytest.CaptureFixture[str], target: str, code: int, said: str
) -> None:
    GOOD.write_parquet("cut.parquet")
    whole = (folder / "cut.parquet").read_bytes()
    (folder / "cut.parquet").write_bytes(whole[: len(whole) // 2])
    (folder / "empty").mkdir()
    assert run(["check", target, "--pack", "pack.yaml"]) == code
    assert said in capsys.readouterr().err


def test_without_a_pack_the_fix_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "silver.flights"]) == 2
    assert "--pack" in capsys.readouterr().err


def test_status_before_anything_happened(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["status"]) == 0
    assert "nothing was written" in capsys.readouterr().out


def test_segments_that_pass_are_told_together(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    (folder / "pack.yaml").write_text(
        "table: silver.flights\nrules:\n  - not_null: delay\n    by: carrier\n"
    )
    carriers = ["AA", "UA", "ZZ", "ZZ"]
    pl.DataFrame({"carrier": carriers, "delay": [1, 2, None, 3]}).write_csv("flights.csv")
    assert run(["check", "flights.csv", "--pack", "pack.yaml"]) == 1
    out = capsys.readouterr().out
    assert "not_null.delay [ZZ]" in out
    assert "1 of 2 judged rows fail" in out
    assert "2 segments pass" in out
    assert "[AA]" not in out
    assert run(["check", "flights.csv", "--pack", "pack.yaml", "--json"]) == 1
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert [(one["rule"], one["segment"], one["failing"]) for one in findings] == [
        ("not_null.delay", "AA", 0),
        ("not_null.delay", "UA", 0),
        ("not_null.delay", "ZZ", 1),
    ]


def files_of(capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, object] | None:
    run(["check", "silver.flights", "--pack", "pack.yaml", "--json", *options])
    files: dict[str, object] | None = json.loads(capsys.readouterr().out)["files"]
    return files


def test_a_table_that_was_checked_is_known_and_fresh_reads_it_all(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store(BAD, folder / ".dqm" / "warehouse" / "silver" / "flights")
    known = {"files_read": 0, "files_remembered": 1, "asked_anew": []}
    assert files_of(capsys) == {"files_read": 1, "files_remembered": 0, "asked_anew": []}
    assert files_of(capsys) == known
    fresh = files_of(capsys, "--fresh")
    assert fresh is not None
    assert (fresh["files_read"], fresh["files_remembered"]) == (1, 0)
    assert files_of(capsys) == known


def test_people_are_told_what_was_read(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store(BAD, folder / ".dqm" / "warehouse" / "silver" / "flights")
    for said in ("1 files read, 0 known", "0 files read, 1 known"):
        run(["check", "silver.flights", "--pack", "pack.yaml"])
        assert said in capsys.readouterr().out


def test_without_a_store_a_table_is_read_whole(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store(BAD, folder / ".dqm" / "warehouse" / "silver" / "flights")
    (folder / ".dqm" / "store.db").write_bytes(b"no database at all" * 100)
    for _ in range(2):
        files = files_of(capsys)
        assert files is not None
        assert files["files_read"] == 1


def test_a_file_of_its_own_is_read_and_not_remembered(capsys: pytest.CaptureFixture[str]) -> None:
    GOOD.write_parquet("good.parquet")
    run(["check", "good.parquet", "--pack", "pack.yaml", "--json"])
    assert json.loads(capsys.readouterr().out)["files"] is None
