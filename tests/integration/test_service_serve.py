"""`dqm serve` as people start it: it answers, it stops cleanly, and it refuses what is wrong."""

import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from dq_monitor.cli.main import run

MAIN = "from dq_monitor.cli.main import main; main()"
EVERYWHERE = "0.0.0.0"  # noqa: S104 - what the token is for
TOKEN = "a-token-of-enough-length"
PACK = """\
pack: silver.flights
table: silver.flights
rules:
  - row_count: {}
    error: {below: 1}
freshness: {column: seen_at, error_after: 1h}
"""


@dataclass(frozen=True)
class Service:
    url: str
    process: subprocess.Popen[str]

    def get(self, path: str, token: str = "") -> httpx2.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx2.get(f"{self.url}{path}", headers=headers, timeout=30)

    def end(self, how: signal.Signals) -> int:
        self.process.send_signal(how)
        return self.process.wait(timeout=30)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "flights.yaml").write_text(PACK)
    return tmp_path


@contextmanager
def serving(folder: Path, *options: str, **variables: str) -> Iterator[Service]:
    """Start the command on a free port and give its address once it answers."""
    process = subprocess.Popen(
        [sys.executable, "-c", MAIN, "serve", "--port", "0", *options],
        cwd=folder,
        env={**os.environ, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        said = process.stdout.readline()
        url = re.search(r"http://[\w.]+:\d+", said)
        try:
            assert url, said
            yield Service(url[0], process)
        finally:
            process.kill()


def test_dashboard_and_api_answer_on_one_port_until_sigterm(folder: Path) -> None:
    with serving(folder) as service:
        health = service.get("/api/v1/health").json()
        page = service.get("/")
        assert (health["status"], health["store"]) == ("ok", "up")
        assert page.status_code == 200
        assert page.headers["content-type"].startswith("text/html")
        assert service.end(signal.SIGTERM) == 0
        assert service.process.stderr is not None
        assert service.process.stderr.read() == ""


def test_a_locked_store_is_told_in_lines_of_one_form(folder: Path) -> None:
    with serving(folder) as service:
        assert service.get("/").status_code == 200
        holder = sqlite3.connect(folder / ".dqm" / "store.db", isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        assert service.get("/api/v1/health").json()["store"] == "locked"
        assert service.process.stderr is not None
        line = json.loads(service.process.stderr.readline())
        holder.close()
        assert (line["event"], line["level"]) == ("store locked", "warning")
        assert service.get("/api/v1/ready").status_code == 200
        service.end(signal.SIGTERM)
        assert all(json.loads(line) for line in service.process.stderr)


def test_off_loopback_only_the_token_lets_in_and_audits_run(folder: Path) -> None:
    variables = {"DQM_API_TOKEN": "env:TOKEN", "TOKEN": TOKEN, "DQM_LOG_LEVEL": "info"}
    with serving(folder, "--host", EVERYWHERE, "--no-dashboard", **variables) as service:
        assert service.get("/api/v1/health").status_code == 200
        assert service.get("/api/v1/tables").status_code == 401
        assert service.process.stderr is not None
        logged = (json.loads(line) for line in service.process.stderr)
        audited = next(line for line in logged if line["event"] == "audited")
        assert audited["status"] == "fail"
        (row,) = service.get("/api/v1/tables", TOKEN).json()
        assert (row["table"], row["freshness"]) == ("silver.flights", "fail")
        assert service.end(signal.SIGINT) == 0


def test_a_port_in_use_is_refused_with_a_remedy(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert run(["serve", "--no-dashboard", "--port", str(port)]) == 2
    said = capsys.readouterr().err
    assert f"cannot listen on 127.0.0.1 port {port}" in said
    assert "--port" in said


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        pytest.param({}, "no token is set", id="no_token"),
        pytest.param({"DQM_API_TOKEN": "env:TOKEN", "TOKEN": "abc"}, "shorter", id="short_token"),
        pytest.param({"DQM_API_TOKEN": "env:NOT_SET_AT_ALL"}, "is not set", id="token_not_set"),
        pytest.param({"DQM_API_TOKEN": "secret-itself"}, "must be a reference", id="literal"),
    ],
)
def test_a_host_that_others_reach_needs_a_token(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    variables: dict[str, str],
    said: str,
) -> None:
    monkeypatch.chdir(folder)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert run(["serve", "--no-dashboard", "--host", EVERYWHERE, "--port", "0"]) == 2
    assert said in capsys.readouterr().err
