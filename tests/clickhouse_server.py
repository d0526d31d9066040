"""A ClickHouse behind HTTP, as clickhouse-connect speaks to one; chdb runs what it is asked."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from clickhouse_connect.driver.binding import quote_identifier
from clickhouse_connect.driver.exceptions import Error

from dq_monitor.engines.backends.clickhouse import SETTINGS


@contextmanager
def clickhouse_server(client: Any, user: str, password: str) -> Iterator[str]:
    """Serve a chdb client on a free port to those who know the password; yield host and port."""
    pair = base64.b64encode(f"{user}:{password}".encode()).decode()
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        """Answers one query."""

        def do_POST(self) -> None:
            options = dict(parse_qsl(urlsplit(self.path).query))
            sql = self.rfile.read(int(self.headers["Content-Length"])).decode()
            if self.headers["Authorization"] != f"Basic {pair}":
                self.answer(
                    403, f"Code: 516. DB::Exception: {user}: Authentication failed".encode()
                )
                return
            settings = {name: value for name, value in options.items() if name in SETTINGS}
            with lock:
                client.command(f"USE {quote_identifier(options.get('database', 'default'))}")
                try:
                    self.answer(200, client.raw_query(sql, settings=settings, use_database=False))
                except Error as error:
                    self.answer(500, str(error).encode())

        def answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Stay quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
