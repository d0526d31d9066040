"""`dqm pandera`, and a pandera model at the gate."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from dq_monitor import write
from dq_monitor.cli.main import run
from dq_monitor.packs import parse_pack

PACK = """
table: silver.flights
contract:
  model: Flights
rules:
  - row_count: {}
    error: {below: 1}
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "flights.yaml").write_text(PACK)
    return tmp_path


@pytest.mark.parametrize("pack", ["silver.flights", "rules/flights.yaml"])
def test_a_pack_is_printed_as_a_script(pack: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["pandera", "export", pack]) == 0
    script = capsys.readouterr().out
    compile(script, "script", "exec")
    assert "pa.Check.isin(allowed_values=['AA', 'UA'])" in script
    assert "# - row_count: pandera has no check like row_count" in script


@pytest.mark.parametrize("name", ["Flights", "schema"])
def test_a_schema_is_printed_as_a_pack(
    home: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    model = "import dqm_models\nFlights = dqm_models.Flights\nschema = Flights.to_schema()\n"
    (home / f"own_{name.lower()}.py").write_text(model)
    assert run(["pandera", "import", f"own_{name.lower()}:{name}", "--table", "a.b"]) == 0
    text = capsys.readouterr().out
    assert parse_pack(text, "pack.yaml").table == "a.b"
    assert "# - check is_odd of column 'flight'" in text


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("Flights", "write MODULE:NAME"),
        ("nowhere:Flights", "No module named 'nowhere'"),
        ("dqm_models:Flight", "name a DataFrameSchema or DataFrameModel"),
        ("json:loads", "name a DataFrameSchema or DataFrameModel"),
    ],
)
def test_what_is_no_schema_is_refused(
    place: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["pandera", "import", place, "--table", "a.b"]) == 2
    assert said in capsys.readouterr().err


def test_an_unknown_table_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["pandera", "export", "silver.flight"]) == 2
    assert "did you mean 'silver.flights'?" in capsys.readouterr().err


def test_rows_that_pandera_refuses_go_to_quarantine() -> None:
    rows = pl.DataFrame(
        {"flight": [1, 2, 3], "carrier": ["AA", "AA", "UA"], "dep": [1, 1, 1], "arr": [20, 20, 20]}
    )
    outcome = write(rows, "silver.flights")
    assert (outcome.verdict.counts.kept, outcome.verdict.counts.quarantined) == (2, 1)
    failing = {f.rule_id for f in outcome.verdict.findings if f.failing}
    assert failing == {"model.pandera_rows.flight"}
