"""Posts JSON to a hook: bounded in time and size, to a checked address, without showing its URL."""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime

import httpx2

from dq_monitor.alerts._address import PRIVATE_FIX, Resolve, checked_address, resolve
from dq_monitor.errors import DeliveryFailed, SettingsInvalid
from dq_monitor.settings import ChannelSettings

MAX_RESPONSE = 4096
RETRIABLE = frozenset({408, 425, 429})

# Slack answers such words ("channel_is_archived"). Longer texts may echo the hook's secret path.
_ERROR_CODE = re.compile(r"[a-z_]{1,60}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How a hook may be reached. `timeout` is in seconds, for connecting and for each read."""

    allow_private: bool = False
    timeout: float = 10.0
    resolver: Resolve = resolve
    tls: ssl.SSLContext | None = None


def require_url(settings: ChannelSettings) -> None:
    """Raise SettingsInvalid for a channel that has no url, which is to say no receiver."""
    if not settings.url:
        raise SettingsInvalid("the url is missing", fix='add url = "env:NAME" (or "file:PATH")')


def post(url: str, body: bytes, headers: Mapping[str, str], limits: Limits, now: datetime) -> None:
    """Deliver `body` once; raise DeliveryFailed unless the answer is 2xx.

    The transport is used without httpx2's client: that one follows proxies of the environment and
    logs the full URL, which is a hook's secret.
    """
    target = _parsed(url, limits)
    request = _request(target, body, headers, limits)
    try:
        with httpx2.HTTPTransport(verify=limits.tls or True) as transport:
            response = transport.handle_request(request)
            try:
                answer = _read(response)
            finally:
                response.close()
    except httpx2.TimeoutException as error:
        raise DeliveryFailed(f"{target.host}: no answer within {limits.timeout:g} s") from error
    except httpx2.TransportError as error:
        raise DeliveryFailed(f"{target.host}: {_in_words(error)}") from error
    _judge(target.host, response, answer, now)


def _parsed(url: str, limits: Limits) -> httpx2.URL:
    try:
        target = httpx2.URL(url)
    except httpx2.InvalidURL as error:
        raise DeliveryFailed(
            "the hook's url is not a valid URL",
            permanent=True,
            fix="correct what the url refers to",
        ) from error
    schemes = {"https", "http"} if limits.allow_private else {"https"}
    if target.scheme not in schemes or not target.host:
        raise DeliveryFailed(
            f"{target.host or 'the hook'}: the url must begin with https://",
            permanent=True,
            fix=PRIVATE_FIX if target.scheme == "http" else "",
        )
    return target


def _request(
    target: httpx2.URL, body: bytes, headers: Mapping[str, str], limits: Limits
) -> httpx2.Request:
    """Address the request to the checked address itself, so that no second look-up can differ."""
    port = target.port or (443 if target.scheme == "https" else 80)
    address = checked_address(
        target.host, port, allow_private=limits.allow_private, resolver=limits.resolver
    )
    fixed = {
        "Host": target.netloc.decode("ascii"),
        "Content-Type": "application/json",
        "Accept-Encoding": "identity",
        "User-Agent": "dq-monitor",
    }
    timeout = dict.fromkeys(("connect", "read", "write", "pool"), limits.timeout)
    return httpx2.Request(
        "POST",
        target.copy_with(host=address, username=None, password=None),
        content=body,
        headers={**fixed, **headers},
        extensions={"timeout": timeout, "sni_hostname": target.host},
    )


def _read(response: httpx2.Response) -> str:
    """Return the first 4 kB of the answer's raw bytes as text; the rest is never read."""
    read = bytearray()
    for chunk in response.iter_raw():
        read += chunk
        if len(read) >= MAX_RESPONSE:
            break
    return bytes(read[:MAX_RESPONSE]).decode("utf-8", "replace")


def _judge(host: str, response: httpx2.Response, answer: str, now: datetime) -> None:
    status = response.status_code
    if response.is_success:
        return
    code = f" ({answer.strip()})" if _ERROR_CODE.fullmatch(answer.strip()) else ""
    hints = {
        410: ": the hook was removed, give the channel a new url",
        404: ": no such hook, check the channel's url",
    }
    hint = ": redirects are not followed" if response.has_redirect_location else ""
    retriable = status in RETRIABLE or status >= httpx2.codes.INTERNAL_SERVER_ERROR
    raise DeliveryFailed(
        f"{host} answered {status}{code}{hints.get(status, hint)}",
        retry_after=_retry_after(response, now) if retriable else None,
        permanent=not retriable,
    )


def _retry_after(response: httpx2.Response, now: datetime) -> float | None:
    """Return the wait in seconds; the header holds seconds or an HTTP date."""
    value = response.headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        return max(0.0, (parsedate_to_datetime(value) - now).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return None


def _in_words(error: httpx2.TransportError) -> str:
    if isinstance(error, httpx2.ConnectError):
        return "cannot connect"
    return "the connection broke before an answer came"
