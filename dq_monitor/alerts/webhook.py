"""Posts alerts as JSON to any URL, signed after Standard Webhooks (standardwebhooks.com)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime

from dq_monitor.alerts._http import Limits, post, require_url
from dq_monitor.errors import SettingsInvalid
from dq_monitor.model.incident import Concern, Message, Occasion
from dq_monitor.settings import ChannelSettings, resolve_secret

SECRET_PREFIX = "whsec_"
TYPES = {
    Occasion.OPENED: "incident.opened",
    Occasion.RESOLVED: "incident.resolved",
    Occasion.TEST: "test",
}


class Webhook:
    """A channel of kind `webhook`. Without a `secret` the messages go out unsigned.

    The secret is `whsec_` and the key in base64; several, separated by spaces, sign side by side
    while keys are being changed. `webhook-id` is the same over all retries.
    """

    def __init__(
        self,
        settings: ChannelSettings,
        *,
        limits: Limits | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`clock` is asked at each attempt: receivers refuse timestamps that are minutes off."""
        require_url(settings)
        self._settings = settings
        self._limits = limits or Limits(allow_private=settings.allow_private_hooks)
        self._clock = clock

    def send(self, message: Message) -> None:
        """Deliver once; raise DeliveryFailed, with `retry_after` where the receiver said."""
        now = self._clock()
        body = json.dumps(_content(message), ensure_ascii=True).encode()
        post(
            resolve_secret(self._settings.url),
            body,
            self._headers(message.key, now, body),
            self._limits,
            now,
        )

    def _headers(self, key: str, now: datetime, body: bytes) -> dict[str, str]:
        stamp = str(int(now.timestamp()))
        headers = {"webhook-id": key, "webhook-timestamp": stamp}
        if self._settings.secret:
            signed = b".".join((key.encode(), stamp.encode(), body))
            secrets = resolve_secret(self._settings.secret).split()
            headers["webhook-signature"] = " ".join(_signature(one, signed) for one in secrets)
        return headers


def _signature(secret: str, signed: bytes) -> str:
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except binascii.Error as error:
        raise SettingsInvalid(
            "the webhook's secret is not base64",
            fix=f"use {SECRET_PREFIX} and 32 random bytes in base64 (openssl rand -base64 32)",
        ) from error
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def _content(message: Message) -> dict[str, object]:
    return {
        "type": TYPES[message.occasion],
        "timestamp": message.at.isoformat(),
        "data": {
            "title": message.title,
            "status": message.status.value,
            "table": message.table,
            "lines": list(message.lines),
            "facts": dict(message.facts),
            "link": message.link,
            "incidents": [concern.incident for concern in message.concerns],
            "rules": [_rule(concern) for concern in message.concerns],
        },
    }


def _rule(concern: Concern) -> dict[str, str]:
    return {
        "rule": concern.rule,
        "segment": concern.segment,
        "status": concern.status.value,
        "incident": concern.incident,
    }
