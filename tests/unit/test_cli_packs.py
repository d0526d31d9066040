"""`dqm lint`, `rules`, `schema` and `test`, as they are typed."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from dq_monitor.cli.main import run
from dq_monitor.model.check import Family
from dq_monitor.packs.catalog import CheckType, catalog

RULES = Path(__file__).parents[2] / "rules"
GOOD = """\
table: silver.a
rules:
  - not_null: [a, b]
tests:
  - {name: a null is found, rows: [{a: ~}], fails: {not_null.a: 1}}
"""


def test_lint_counts_what_is_sound(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.yaml").write_text(GOOD)
    assert run(["lint", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "1 pack, 2 rules: ok\n"


def test_lint_tells_all_errors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(GOOD.replace("not_null:", "not_nul:"))
    assert run(["lint", str(file)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err == (
        "error: A rule pack has errors: 1 error in 1 file\n"
        f"{file}:3:5: unknown check 'not_nul' (did you mean 'not_null'?)\n"
    )


def test_lint_takes_the_folder_of_the_settings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.yaml").write_text(GOOD)
    monkeypatch.setenv("DQM_RULES", str(tmp_path))
    assert run(["lint"]) == 0
    assert capsys.readouterr().out == "1 pack, 2 rules: ok\n"


def test_lint_of_a_file_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["lint", "nowhere.yaml"]) == 2
    assert "nowhere.yaml:1:1: the file is not there" in capsys.readouterr().err


def test_tests_that_hold_are_good(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.yaml").write_text(GOOD)
    assert run(["test", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "1 test in 1 pack: ok\n"


def test_tests_that_do_not_hold_fail(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(GOOD.replace("not_null.a: 1", "not_null.a: 2"))
    assert run(["test", str(tmp_path)]) == 1
    assert capsys.readouterr().out == (
        f"{file}: a null is found: failed\n"
        "  not_null.a: 1 row fails, 2 expected\n"
        "1 test in 1 pack: 1 failed\n"
    )


@pytest.mark.parametrize("command", ["lint", "test"])
def test_the_reference_packs_hold(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([command, str(RULES)]) == 0
    assert capsys.readouterr().out.endswith(": ok\n")


def test_the_reference_packs_are_valid_by_the_schema(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["schema"]) == 0
    schema = jsonschema.Draft202012Validator(json.loads(capsys.readouterr().out))
    for file in sorted(RULES.rglob("*.yaml")):
        schema.validate(yaml.safe_load(file.read_text(encoding="utf-8")))


def test_rules_lists_each_check_with_its_parameters(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", "--json"]) == 0
    checks = {check["name"]: check for check in json.loads(capsys.readouterr().out)}
    assert checks["not_null"]["kind"] == "row"
    assert checks["not_null"]["shorthand"] == "column"
    assert "accepted_values" in checks["in_set"]["aliases"]
    parameters = {p["name"]: p for p in checks["in_set"]["parameters"]}
    assert list(parameters) == ["column", "values"]
    assert parameters["values"]["takes"] == "a list of plain values"
    assert parameters["values"]["required"] is True


def test_rules_say_what_a_check_can_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", "--json"]) == 0
    checks = {check["name"]: check for check in json.loads(capsys.readouterr().out)}
    in_set, row_count = checks["in_set"], checks["row_count"]
    assert (in_set["family"], in_set["measures"]) == ("values", "failing rows")
    assert in_set["thresholds"] == ["over", "above"]
    assert in_set["needs_threshold"] is False
    assert row_count["measures"] == "a value"
    assert row_count["thresholds"] == ["over", "above", "below", "outside", "equal", "unequal"]
    assert row_count["needs_threshold"] is True
    assert "scope" in row_count["options"]
    assert row_count["engines"] == ["polars", "duckdb", "spark", "postgres", "clickhouse"]
    assert row_count["example"] == "- row_count: {}\n  error: {below: 1}"


def test_rules_are_listed_for_people_by_family(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules"]) == 0
    lines = capsys.readouterr().out.splitlines()
    families = [line for line in lines if line in set(Family)]
    assert families == [family for family in Family if family in families]
    for name, check in catalog().items():
        place = next(n for n, line in enumerate(lines) if line.startswith(f"  {name} "))
        assert lines[place].endswith(f" {check.summary}")
        assert [line for line in lines[:place] if line in set(Family)][-1] == check.family
    assert lines[-1].startswith(f"{len(catalog())} checks: `dqm rules NAME`")


@pytest.mark.parametrize("name", ["in_set", "accepted_values"])
def test_one_check_is_explained(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", name]) == 0
    out = capsys.readouterr().out
    assert out.startswith("in_set (row check, values)\n\nA value is one of those listed.\n")
    assert "  values: a list of plain values - the values that are allowed\n" in out
    assert "warn and error: over, above; without one it fails above 0\n" in out
    assert "accepted_values (dbt)" in out
    assert out.endswith("  - in_set: {column: origin, values: [EWR, JFK, LGA]}\n")


@pytest.mark.parametrize("check", catalog().values(), ids=catalog())
def test_every_check_can_be_explained(check: CheckType, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", check.name]) == 0
    out = capsys.readouterr().out
    assert all(f"  {name}: " in out for name in check.parameters)
    assert all(alias in out for alias in check.aliases)


def found(capsys: pytest.CaptureFixture[str], *arguments: str) -> set[str]:
    assert run(["rules", "--json", *arguments]) == 0
    return {check["name"] for check in json.loads(capsys.readouterr().out)}


def test_checks_are_found_by_word_kind_and_family(capsys: pytest.CaptureFixture[str]) -> None:
    assert {"unique", "foreign_key"} <= found(capsys, "key")
    assert found(capsys, "unique") == {"unique"}
    assert {"freshness", "not_in_future"} <= found(capsys, "TIMESTAMP")
    assert "freshness" not in found(capsys, "timestamp", "future")
    assert {"mean", "row_count"} <= found(capsys, "--kind", "table")
    assert "not_null" not in found(capsys, "--kind", "table")
    assert found(capsys, "--family", "completeness") >= {"not_null"}
    assert found(capsys, "hasSize") == {"row_count"}


@pytest.mark.parametrize(
    ("arguments", "fix"),
    [
        (["xyzzy"], f"`dqm rules` lists all {len(catalog())}"),
        (["nott_null"], "did you mean 'not_null'?"),
        (["acepted_values"], "did you mean 'in_set'?"),
        (["not_null", "--kind", "table"], "did you mean 'not_null'?"),
    ],
)
def test_a_search_that_finds_nothing_says_what_there_is(
    arguments: list[str], fix: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["rules", *arguments]) == 2
    assert fix in capsys.readouterr().err
