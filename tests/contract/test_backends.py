"""Every engine keeps its protocol, and says how to install what it needs."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from dq_monitor.registry import plugs

BACKENDS = plugs("dq_monitor.engines.backends")
CHECKS = plugs("dq_monitor.checks")
ROOT = Path(__file__).resolve().parents[2]
URLS = {
    "clickhouse": "clickhouse://h/d?table=t",
    "duckdb": f"duckdb://{ROOT}/pyproject.toml?table=t",
    "postgres": "postgresql://h/d?table=t",
    "spark": "sc://h?table=t",
}
every_backend = pytest.mark.parametrize("name", BACKENDS)


def test_the_engines_are_there() -> None:
    assert set(BACKENDS) == {"duckdb", "spark", "postgres", "clickhouse"}


def test_no_two_engines_take_the_same_url() -> None:
    schemes = [scheme for backend in BACKENDS.values() for scheme in backend.schemes]  # type: ignore[attr-defined]  # the protocol's
    assert sorted(set(schemes)) == sorted(schemes)


@every_backend
def test_what_it_cannot_run_is_a_check_with_a_reason(name: str) -> None:
    cannot = BACKENDS[name].cannot  # type: ignore[attr-defined]  # the same
    assert set(cannot) <= set(CHECKS)
    assert all(cannot.values())


@every_backend
def test_it_has_an_extra_of_its_name(name: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert name in project["optional-dependencies"]


WITHOUT = """
import sys
for name in ("duckdb", "ibis", "psycopg", "clickhouse_connect", "pyspark"):
    sys.modules[name] = None
from dq_monitor.engines.address import read_address
from dq_monitor.errors import MissingDriver
from dq_monitor.registry import plugs
backend = plugs("dq_monitor.engines.backends")[sys.argv[1]]
try:
    backend.open(read_address(sys.argv[2], set(backend.schemes)))
except MissingDriver as error:
    print(error)
"""


@every_backend
def test_a_missing_driver_is_answered_with_what_to_install(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, name, URLS[name]],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout.startswith("An optional driver is not installed: ")
    assert f"fix: pip install 'dq-monitor[{name}]'" in done.stdout
