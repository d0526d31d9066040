from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from dq_monitor.registry import plugs

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "rules").mkdir()
    for number, pack in enumerate(blocks("yaml")):
        (tmp_path / f"rules/{number}.yaml").write_text(pack)
    return tmp_path


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("DQM_")}
    return subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_guarded_write_prints_what_the_readme_shows(folder: Path) -> None:
    done = run(folder, "-c", blocks("python")[0])
    assert done.stderr == ""
    assert f"```text\n{done.stdout}```" in README


def test_the_pipeline_passes_after_the_guarded_write(folder: Path) -> None:
    run(folder, "-c", blocks("python")[0])
    (folder / "trips.py").write_text(blocks("python")[1])
    (folder / "landing").mkdir()
    (folder / "landing/2026-11-23.csv").write_text(blocks("csv")[0])
    done = run(folder, "-m", "dq_monitor", "run", "trips.py", "--day", "2026-11-23", "--json")
    states = {step["step"]: step["state"] for step in json.loads(done.stdout)["steps"]}
    assert states == dict.fromkeys(("bronze.trips", "silver.trips", "gold.distances"), "committed")
    assert done.returncode == 0


@pytest.mark.parametrize("package", ["cli", "alerts"])
def test_every_command_and_channel_is_named(package: str) -> None:
    folder = ROOT / "dq_monitor" / package
    names = [file.stem for file in folder.glob("[a-z]*.py") if file.stem != "main"]
    words = set(re.findall(r"[\w-]+", README))
    assert [name for name in names if name.replace("_", "-") not in words] == []


def test_every_check_is_in_the_reference() -> None:
    reference = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
    known = plugs("dq_monitor.checks")
    assert [name for name in known if f"## {name}\n" not in reference] == []


def test_the_settings_that_are_shown_are_valid(tmp_path: Path) -> None:
    (tmp_path / "dqm.toml").write_text(blocks("toml")[0])
    code = "from dq_monitor.settings import load_settings; print(load_settings().channels)"
    assert "ops-chat" in run(tmp_path, "-c", code).stdout
