"""Puts API and dashboard on one port, behind one door, and serves them until told to stop."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import uvicorn
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dq_monitor.errors import UsageError
from dq_monitor.service.access import Access
from dq_monitor.service.logs import take_over

API = "/api/v1"
_GRACE = 3  # seconds that open requests and browsers get when the service stops


def build_site(api: FastAPI, dashboard: Path | None, token: str) -> ASGIApp:
    """Return the application: `dashboard` is the folder of its app.py, None leaves it out."""
    routes = [Mount(API, app=api)]
    door = [Middleware(Access, token=token)]
    if dashboard is None:
        return Starlette(routes=routes, middleware=door)
    import streamlit  # noqa: PLC0415 - it takes a second, and --no-dashboard does without

    return _logging_our_way(streamlit.App(dashboard / "app.py", routes=routes, middleware=door))


def _logging_our_way(site: ASGIApp) -> ASGIApp:
    """Streamlit gives its own and uvicorn's loggers handlers and levels while it starts up."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        async def started(message: Message) -> None:
            take_over()
            await send(message)

        await site(scope, receive, started if scope["type"] == "lifespan" else send)

    return wrapped


def listen(host: str, port: int) -> socket.socket:
    """Take the address at once, so that two services cannot start on one; port 0 picks a free one.

    Raises UsageError when the port is taken or the address is not this machine's.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        taken = socket.socket(family, kind, protocol)
    except OSError as error:
        raise UsageError(f"host {host!r}: {error.strerror}", fix="choose --host") from error
    try:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(address)
        taken.listen()
    except OSError as error:
        taken.close()
        raise UsageError(
            f"cannot listen on {host} port {port}: {error.strerror}",
            fix="choose another with --port; 0 takes any free one",
        ) from error
    return taken


def url_of(listening: socket.socket) -> str:
    """Return the address for a browser on this machine."""
    host, port = listening.getsockname()[:2]
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - only compared
        host = "localhost"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def run_site(site: ASGIApp, listening: socket.socket, ready: Callable[[], None]) -> None:
    """Serve until SIGTERM or SIGINT; `ready` is called once requests are answered."""
    config = uvicorn.Config(
        site,
        log_config=None,
        log_level="error",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE,
    )
    server = _Server(config, ready)

    def stop(_signal: int, _frame: FrameType | None) -> None:
        server.should_exit = True

    # uvicorn raises the signal again once it has stopped: with a handler of ours underneath, the
    # process goes on to close the store and ends with 0
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    server.run(sockets=[listening])


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()
