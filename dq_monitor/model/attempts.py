"""How the attempts at one batch are called: each id follows from the one before."""

from __future__ import annotations

import uuid

AGAIN = uuid.uuid5(uuid.NAMESPACE_URL, "dq-monitor/write-again")


def again(write_id: str) -> str:
    """Return the id under which a batch goes on that was refused or undone as `write_id`."""
    return str(uuid.uuid5(AGAIN, write_id))


def attempt_before(first: str, attempt: str) -> str:
    """Return the attempt before `attempt`, of a batch that began as `first`; empty for that one."""
    before, after = "", first
    while after != attempt:
        before, after = after, again(after)
    return before
