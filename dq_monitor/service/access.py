"""Lets in who may come in: a token for API and dashboard alike, and no foreign web page."""

from __future__ import annotations

import base64
import binascii
import hmac
import ipaddress
from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from dq_monitor.errors import SettingsInvalid
from dq_monitor.service.problems import problem
from dq_monitor.settings import Settings, resolve_secret

OPEN = frozenset({"/api/v1/health"})
SHORTEST_TOKEN = 16
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_CHALLENGE = {"WWW-Authenticate": 'Basic realm="dq-monitor", charset="UTF-8"'}


class Access:
    """ASGI middleware. Clients send the token as bearer, browsers as the password they ask for."""

    def __init__(self, app: ASGIApp, token: str = "") -> None:
        """Without a token everyone who reaches the port may come in."""
        self._app = app
        self._token = token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is allowed."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if self._token and scope["path"] not in OPEN and not self._knows(headers):
            await _refuse(HTTPStatus.UNAUTHORIZED, scope, receive, send)
        elif _foreign(scope, headers):
            await _refuse(HTTPStatus.FORBIDDEN, scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _knows(self, headers: Headers) -> bool:
        given = _credential(headers.get("authorization", ""))
        return hmac.compare_digest(given, self._token)


def token_for(settings: Settings) -> str:
    """Return the token that `dqm serve` asks for; raise SettingsInvalid where one is missing.

    On a loopback address it may be left out; any other is open to strangers.
    """
    token = resolve_secret(settings.api_token) if settings.api_token else ""
    if token and len(token) < SHORTEST_TOKEN:
        raise SettingsInvalid(
            f"the API token is shorter than {SHORTEST_TOKEN} characters",
            fix="make one with: openssl rand -hex 32",
        )
    if not token and not is_loopback(settings.host):
        raise SettingsInvalid(
            f"host {settings.host!r} can be reached from outside and no token is set",
            fix="set DQM_API_TOKEN=env:NAME (or file:PATH), or serve on 127.0.0.1",
        )
    return token


def is_loopback(host: str) -> bool:
    """Say whether only this machine reaches `host`; a name other than localhost might be any."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _credential(authorization: str) -> bytes:
    scheme, _, given = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return given.strip().encode()
    if scheme.lower() != "basic":
        return b""
    try:
        return base64.b64decode(given, validate=True).partition(b":")[2]
    except binascii.Error:
        return b""


def _foreign(scope: Scope, headers: Headers) -> bool:
    """Say whether a page of another origin asks for a change: a browser names it by itself."""
    origin = headers.get("origin")
    if scope["type"] != "http" or scope["method"] in _SAFE_METHODS or origin is None:
        return False
    return urlsplit(origin).netloc != headers.get("host", "")


async def _refuse(status: HTTPStatus, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": status.phrase})
        return
    challenge = _CHALLENGE if status is HTTPStatus.UNAUTHORIZED else None
    await problem(status, headers=challenge)(scope, receive, send)
