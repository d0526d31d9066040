"""A real HTTP server on a free port that answers as it is told, for tests of what leaves us."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, slots=True)
class Answer:
    """What one request gets: a status, or (`silent`, `reset`) no answer at all."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b"ok"
    silent: bool = False
    reset: bool = False


SILENT = Answer(silent=True)
RESET = Answer(reset=True)


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came in."""

    path: str
    headers: Mapping[str, str]
    body: bytes


class HookServer:
    """Gives the scripted answers in turn, then 200; keeps every request, and those it took."""

    def __init__(self, answers: Sequence[Answer], tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[Request] = []
        self.taken: list[Request] = []
        self.ended = threading.Event()
        self._answers = list(answers)
        self._lock = threading.Lock()
        self._http = _Http(self)
        if tls:
            self._http.socket = tls.wrap_socket(self._http.socket, server_side=True)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,))
        self._thread.start()
        self.scheme = "https" if tls else "http"

    @property
    def port(self) -> int:
        return int(self._http.server_address[1])

    def url(self, host: str = "127.0.0.1") -> str:
        return f"{self.scheme}://{host}:{self.port}/services/T0/SECRET"

    def next_answer(self, request: Request) -> Answer:
        with self._lock:
            answer = self._answers.pop(0) if self._answers else Answer()
            self.requests.append(request)
            if answer.status < HTTPStatus.MULTIPLE_CHOICES:
                self.taken.append(request)
            return answer

    def close(self) -> None:
        self.ended.set()
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()


@contextmanager
def hook_server(*answers: Answer, tls: ssl.SSLContext | None = None) -> Iterator[HookServer]:
    """Serve until the block ends."""
    server = HookServer(answers, tls)
    try:
        yield server
    finally:
        server.close()


class _Http(ThreadingHTTPServer):
    """Knows whose answers its handlers give."""

    def __init__(self, hooks: HookServer) -> None:
        self.hooks = hooks
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: _Http

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        request = Request(self.path, dict(self.headers.items()), body)
        answer = self.server.hooks.next_answer(request)
        if answer.silent:
            self.server.hooks.ended.wait()
        elif answer.reset:
            # Lingering for 0 s makes the kernel send a reset instead of a close.
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.connection.close()
        else:
            self._reply(answer)

    def _reply(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def handle(self) -> None:
        # A client that gives up is what some tests are about, not an error of this server.
        with suppress(OSError):
            super().handle()

    def finish(self) -> None:
        with suppress(OSError, ValueError):
            super().finish()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
        """Keep the tests' output quiet."""
