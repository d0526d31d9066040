"""Emitters against a real file and a real HTTP server."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from dq_monitor.errors import DeliveryFailed, SettingsInvalid
from dq_monitor.lineage.emitters.file import FileEmitter
from dq_monitor.lineage.emitters.http import HttpEmitter
from dq_monitor.registry import plug, plugs
from dq_monitor.settings import LineageSettings

EVENT = {"eventType": "START", "run": {"runId": "r1"}}
PACKAGE = "dq_monitor.lineage.emitters"


class Backend(ThreadingHTTPServer):
    """Answers each POST with the next of `answers` and keeps what it was sent."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: list[tuple[int | None, Mapping[str, str], bytes]] = []
        self.received: list[tuple[str, Mapping[str, str], object]] = []
        self.connections: set[object] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Backend

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append((self.path, dict(self.headers), json.loads(body)))
        self.server.connections.add(self.client_address)
        status, headers, answer = self.server.answers.pop(0)
        if status is None:
            self.close_connection = True
            return
        self.send_response_only(status)
        for name, value in {**headers, "Content-Length": str(len(answer))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        pass


@pytest.fixture
def backend() -> Iterator[Backend]:
    with Backend() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def emitter(backend: Backend) -> Iterator[HttpEmitter]:
    made = HttpEmitter(LineageSettings(kind="http", target=backend.url))
    yield made
    made.close()


def test_each_kind_of_the_settings_is_a_plug() -> None:
    assert set(plugs(PACKAGE)) == {"file", "http"}
    assert plug(PACKAGE, "file", "emitter") is FileEmitter


def test_backend_gets_the_event_at_the_usual_path(emitter: HttpEmitter, backend: Backend) -> None:
    backend.answers = [(201, {}, b""), (200, {}, b'{"status": "success"}')]
    emitter.emit(EVENT)
    emitter.emit(EVENT)
    path, headers, event = backend.received[0]
    assert (path, event) == ("/api/v1/lineage", EVENT)
    assert headers["Content-Type"] == "application/json"
    assert "Authorization" not in headers
    assert len(backend.connections) == 1


def test_path_in_the_url_is_kept_and_the_key_is_sent(backend: Backend, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("s3cret\n")
    settings = LineageSettings(
        kind="http", target=f"{backend.url}/own/path?a=1", api_key=f"file:{tmp_path / 'key'}"
    )
    backend.answers = [(204, {}, b"")]
    emitter = HttpEmitter(settings)
    emitter.emit(EVENT)
    emitter.close()
    path, headers, _ = backend.received[0]
    assert path == "/own/path?a=1"
    assert headers["Authorization"] == "Bearer s3cret"


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (400, {}, (True, None)),
        (401, {"Retry-After": "7"}, (True, None)),
        (404, {}, (True, None)),
        (302, {"Location": "http://127.0.0.1:1/"}, (True, None)),
        (408, {}, (False, None)),
        (429, {"Retry-After": "17"}, (False, 17.0)),
        (500, {}, (False, None)),
        (503, {"Retry-After": "Mon, 23 Nov 2026 08:00:30 GMT", "Date": "Mon, 23 Nov 2026 08:00:00 GMT"}, (False, 30.0)),  # noqa: E501 - a table
        (503, {"Retry-After": "Mon, 23 Nov 2026 08:00:30 GMT"}, (False, None)),
        (503, {"Retry-After": "soon"}, (False, None)),
    ],
    ids=["400", "401", "404", "302", "408", "429", "500", "503-date", "503-no-clock", "503-word"],
)  # fmt: skip
def test_refusals_say_whether_to_try_again(
    status: int,
    headers: Mapping[str, str],
    expected: tuple[bool, float | None],
    emitter: HttpEmitter,
    backend: Backend,
) -> None:
    backend.answers = [(status, headers, b"run is\nmissing")]
    with pytest.raises(DeliveryFailed, match=f"127.0.0.1 answered {status}") as caught:
        emitter.emit(EVENT)
    assert (caught.value.permanent, caught.value.retry_after) == expected


def test_refusal_quotes_what_the_backend_said(emitter: HttpEmitter, backend: Backend) -> None:
    backend.answers = [(422, {}, b"run is\nmissing" + b"x" * 9000)]
    with pytest.raises(DeliveryFailed, match="422: run is missingx") as caught:
        emitter.emit(EVENT)
    assert len(caught.value.detail) < 300


def test_no_answer_can_be_tried_again(emitter: HttpEmitter, backend: Backend) -> None:
    backend.answers = [(None, {}, b"")]
    with pytest.raises(DeliveryFailed, match="connection broke") as caught:
        emitter.emit(EVENT)
    assert not caught.value.permanent


def test_nobody_listening_can_be_tried_again(backend: Backend) -> None:
    target = backend.url
    backend.server_close()
    emitter = HttpEmitter(LineageSettings(kind="http", target=target))
    with pytest.raises(DeliveryFailed, match="cannot connect") as caught:
        emitter.emit(EVENT)
    emitter.close()
    assert not caught.value.permanent


@pytest.mark.parametrize(
    "target", ["", "marquez:5000", "ftp://host", "http://user:word@host", "http://[::1"]
)
def test_target_that_is_no_http_url_is_refused(target: str) -> None:
    with pytest.raises(SettingsInvalid, match=r"lineage\.target") as caught:
        HttpEmitter(LineageSettings(kind="http", target=target))
    assert "word" not in caught.value.detail.replace("password", "")


def test_file_gets_one_line_for_each_event(tmp_path: Path) -> None:
    path = tmp_path / "new" / "events.jsonl"
    emitter = FileEmitter(LineageSettings(kind="file", target=str(path)))
    emitter.emit(EVENT)
    emitter.emit({"text": "two\nlines"})
    assert [json.loads(line) for line in path.read_text().splitlines()] == [
        EVENT,
        {"text": "two\nlines"},
    ]


def test_line_that_was_cut_off_stays_apart(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_text('{"cut')
    FileEmitter(LineageSettings(kind="file", target=str(path))).emit(EVENT)
    assert json.loads(path.read_text().splitlines()[-1]) == EVENT


def test_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(DeliveryFailed, match=tmp_path.name) as caught:
        FileEmitter(LineageSettings(kind="file", target=str(tmp_path))).emit(EVENT)
    assert not caught.value.permanent
    with pytest.raises(SettingsInvalid, match=r"lineage\.target"):
        FileEmitter(LineageSettings(kind="file"))


WRITER = """
import sys
from dq_monitor.lineage.emitters.file import FileEmitter
from dq_monitor.settings import LineageSettings
emitter = FileEmitter(LineageSettings(kind="file", target=sys.argv[1]))
for n in range(60):
    emitter.emit({"writer": sys.argv[2], "n": n, "text": "x" * 9000})
"""


def test_several_processes_share_one_file(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(path), name]) for name in ("a", "b")
    ]
    assert [writer.wait(timeout=60) for writer in writers] == [0, 0]
    events = [json.loads(line) for line in path.read_text().splitlines()]
    for name in ("a", "b"):
        assert [event["n"] for event in events if event["writer"] == name] == list(range(60))
