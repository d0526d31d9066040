"""`dqm lint`, `rules`, `schema` and `test`, as they are typed."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from dq_monitor.cli.main import run

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


def test_rules_are_listed_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules"]) == 0
    out = capsys.readouterr().out
    assert "row_count (table)\n" in out
    assert "    column: text - the column that is asked\n" in out
