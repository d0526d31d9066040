"""Prints alerts, to standard error unless another stream is given."""

from __future__ import annotations

import sys
from typing import TextIO

from dq_monitor.errors import DeliveryFailed
from dq_monitor.message import plain
from dq_monitor.model.incident import Message
from dq_monitor.settings import ChannelSettings


class Console:
    """A channel of kind `console`: a headline, a line for each rule, and the facts below."""

    def __init__(self, settings: ChannelSettings, *, stream: TextIO | None = None) -> None:
        del settings  # every channel is made from its settings; this one needs none of them
        self._stream = stream

    def send(self, message: Message) -> None:
        """Print the message; raise DeliveryFailed when the stream is gone."""
        try:
            print(_rendered(message), file=self._stream or sys.stderr, flush=True)
        except (OSError, ValueError) as error:
            raise DeliveryFailed("console: the stream is closed") from error


def _rendered(message: Message) -> str:
    facts = ", ".join(f"{plain(name)} {plain(value)}" for name, value in message.facts)
    lines = [
        f"[{message.status.value}] {plain(message.title)}",
        *(f"  - {plain(line)}" for line in message.lines),
        *([f"  {facts}"] if facts else []),
        *([f"  {plain(message.link)}"] if message.link else []),
    ]
    return "\n".join(lines)
