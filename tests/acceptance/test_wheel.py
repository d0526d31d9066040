from __future__ import annotations

import json
import os
import site
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FROM = "import dq_monitor, sys; print(dq_monitor.__file__)"


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """Return the Python of an environment that has the wheel, and only its dependencies beside."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    home = tmp_path / "environment"
    venv.create(home, with_pip=False, symlinks=True)
    packages = next(home.glob("lib/*/site-packages"))
    zipfile.ZipFile(next(tmp_path.glob("*.whl"))).extractall(packages)
    (packages / "dependencies.pth").write_text("\n".join(site.getsitepackages()))
    return home / "bin" / "python"


def run(python: Path, folder: Path, *arguments: str) -> str:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("DQM_", "PYTHONPATH"))}
    done = subprocess.run(
        [str(python), *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_demo_runs_from_a_wheel_in_an_empty_folder(python: Path, tmp_path: Path) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    assert str(tmp_path) in run(python, folder, "-c", FROM)
    told = json.loads(run(python, folder, "-m", "dq_monitor", "demo", "--days", "2", "--json"))
    assert len(told["tables"]) == 12
    assert "12 packs" in run(python, folder, "-m", "dq_monitor", "lint")
    assert "gold.route_days" in run(python, folder, "-m", "dq_monitor", "status")


def test_the_dashboard_travels_in_the_wheel(python: Path, tmp_path: Path) -> None:
    code = "from dq_monitor.cli._bundled import bundled; print(bundled('dashboard'))"
    place = Path(run(python, tmp_path, "-c", code).strip())
    assert place.is_relative_to(tmp_path)
    assert (place / ".streamlit" / "config.toml").is_file()
    assert list((place / "assets").glob("*.js"))
