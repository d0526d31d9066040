"""Posts alerts to a Slack incoming webhook, within Slack's limits and as inert text."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

from dq_monitor.alerts._http import Limits, post, require_url
from dq_monitor.message import shorten
from dq_monitor.model.incident import Message
from dq_monitor.model.verdict import Status
from dq_monitor.settings import ChannelSettings, resolve_secret

MAX_HEADER = 150
MAX_SECTION = 3000
MAX_TEXT = 12_000  # of all blocks: Slack refuses a message above about 13,200 characters

MARKS = {
    Status.PASS: "\N{WHITE HEAVY CHECK MARK}",
    Status.WARN: "\N{LARGE YELLOW CIRCLE}",
    Status.FAIL: "\N{LARGE RED CIRCLE}",
    Status.ERROR: "\N{LARGE RED CIRCLE}",
    Status.NOT_EVALUATED: "\N{MEDIUM WHITE CIRCLE}",
}


class Slack:
    """A channel of kind `slack`: `url` refers to the hook that Slack gave for one channel."""

    def __init__(
        self,
        settings: ChannelSettings,
        *,
        limits: Limits | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        require_url(settings)
        self._settings = settings
        self._limits = limits or Limits(allow_private=settings.allow_private_hooks)
        self._clock = clock

    def send(self, message: Message) -> None:
        """Deliver once; raise DeliveryFailed, with `retry_after` where Slack said."""
        body = json.dumps(_content(message)).encode()
        post(resolve_secret(self._settings.url), body, {}, self._limits, self._clock())


def _content(message: Message) -> dict[str, object]:
    title = f"{MARKS[message.status]} {message.title}"
    return {"text": _escaped(title, MAX_HEADER), "blocks": list(_blocks(title, message))}


def _blocks(title: str, message: Message) -> Iterator[dict[str, object]]:
    yield {"type": "header", "text": _text(_escaped(title, MAX_HEADER))}
    for section in _sections([_escaped(line, MAX_SECTION) for line in message.lines]):
        yield {"type": "section", "text": _text(section)}
    facts = " | ".join(f"{name}: {value}" for name, value in message.facts)
    if facts:
        yield {"type": "context", "elements": [_text(_escaped(facts, 2000))]}
    if message.link:
        # Angle brackets and the bar end a link in Slack's markup; escaped, they cannot.
        link = _escaped(message.link.replace("|", "%7C"), 1000)
        text = {"type": "mrkdwn", "text": f"<{link}|Open in dq-monitor>", "verbatim": True}
        yield {"type": "section", "text": text}


def _sections(lines: Sequence[str]) -> Iterator[str]:
    """Pack whole lines into as few sections as fit, and say how many lines did not."""
    room, section = MAX_TEXT - 4000, ""
    for index, line in enumerate(lines):
        room -= len(line) + 1
        if room < 0:
            yield from (part for part in (section, f"and {len(lines) - index:,} more") if part)
            return
        joined = f"{section}\n{line}" if section else line
        if len(joined) > MAX_SECTION:
            yield section
            joined = line
        section = joined
    if section:
        yield section


def _text(escaped: str) -> dict[str, object]:
    return {"type": "plain_text", "text": escaped, "emoji": False}


def _escaped(text: str, limit: int) -> str:
    """Return inert text of at most `limit` characters as sent: never half an entity at its end."""
    text = shorten(text, limit)
    while (excess := len(_entities(text)) - limit) > 0:
        # An entity has at most five characters, so this never cuts more than it must.
        text = shorten(text, len(text) - max(1, excess // 5))
    return _entities(text)


def _entities(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
