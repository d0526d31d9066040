"""Posts events to an OpenLineage backend, such as Marquez."""

from __future__ import annotations

import json
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

import httpx2

from dq_monitor.errors import DeliveryFailed, SettingsInvalid
from dq_monitor.settings import LineageSettings, resolve_secret

ENDPOINT = "/api/v1/lineage"
TIMEOUT = 5.0  # seconds, to connect and between two bytes, as OpenLineage's own clients wait
RETRIABLE = frozenset({408, 425, 429})
ANSWER_READ = 4096
ANSWER_SHOWN = 200
HEADERS = {
    "Content-Type": "application/json",
    "Accept-Encoding": "identity",
    "User-Agent": "dq-monitor",
}


class HttpEmitter:
    """The backend at `lineage.target`, with the Bearer key that `lineage.api_key` refers to."""

    def __init__(self, settings: LineageSettings) -> None:
        """Take the URL; `/api/v1/lineage` is added unless it has a path of its own."""
        self._url = _endpoint(settings.target)
        self._api_key = settings.api_key
        self._client = httpx2.Client(timeout=TIMEOUT, headers=HEADERS)

    def emit(self, event: Mapping[str, object]) -> None:
        """Deliver one event; raise DeliveryFailed, permanent when the backend refused it."""
        body = json.dumps(event, sort_keys=True, separators=(",", ":")).encode()
        try:
            with self._client.stream(
                "POST", self._url, content=body, headers=self._authorization()
            ) as response:
                _judge(self._url.host, response, _read(response))
        except httpx2.TimeoutException as error:
            raise DeliveryFailed(f"{self._url.host}: no answer within {TIMEOUT:g} s") from error
        except httpx2.RequestError as error:
            connecting = isinstance(error, httpx2.ConnectError)
            broke = "cannot connect" if connecting else "the connection broke before an answer came"
            raise DeliveryFailed(f"{self._url.host}: {broke}") from error

    def close(self) -> None:
        """Close the connections that are kept open between events."""
        self._client.close()

    def _authorization(self) -> dict[str, str]:
        if not self._api_key:
            return {}
        return {"Authorization": f"Bearer {resolve_secret(self._api_key)}"}


def _endpoint(target: str) -> httpx2.URL:
    try:
        url = httpx2.URL(target)
    except httpx2.InvalidURL as error:
        raise SettingsInvalid("lineage.target is no URL", fix="give http(s)://host") from error
    if url.scheme not in {"http", "https"} or not url.host:
        raise SettingsInvalid("lineage.target is no http URL", fix="give http(s)://host")
    if url.userinfo:
        raise SettingsInvalid(
            "lineage.target holds a password", fix="set lineage.api_key to env:NAME or file:PATH"
        )
    return url if url.path.strip("/") else url.copy_with(path=ENDPOINT)


def _read(response: httpx2.Response) -> str:
    """Return the start of the answer as one line; what is read whole keeps the connection open."""
    read = bytearray()
    for chunk in response.iter_raw():
        read += chunk
        if len(read) >= ANSWER_READ:
            break
    text = bytes(read[:ANSWER_SHOWN]).decode("utf-8", "replace")
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _judge(host: str, response: httpx2.Response, answer: str) -> None:
    status = response.status_code
    if response.is_success:
        return
    if response.has_redirect_location:
        answer = "redirects are not followed, set lineage.target to the final URL"
    retriable = status in RETRIABLE or status >= httpx2.codes.INTERNAL_SERVER_ERROR
    raise DeliveryFailed(
        f"{host} answered {status}{': ' if answer else ''}{answer}",
        retry_after=_retry_after(response) if retriable else None,
        permanent=not retriable,
    )


def _retry_after(response: httpx2.Response) -> float | None:
    """Return the wait in seconds; a date is counted from the backend's own clock."""
    value = response.headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        until = parsedate_to_datetime(value)
        return max(0.0, (until - parsedate_to_datetime(response.headers["Date"])).total_seconds())
    except (KeyError, ValueError, TypeError, OverflowError):
        return None
