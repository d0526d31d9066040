"""What whoever sends a batch says of it: a key that names it, a time that is one everywhere."""

from __future__ import annotations

from datetime import datetime

from dq_monitor.errors import UsageError


def require_key(key: str) -> None:
    """Raise UsageError for a key that names nothing."""
    if not key.strip():
        raise UsageError(
            f"the key {key!r} names no batch", fix="give it a name (a file's, a day's), or no key"
        )


def require_zone(now: datetime) -> None:
    """Raise UsageError for a time without a time zone: nobody can say which moment it is."""
    if now.tzinfo is None:
        raise UsageError(
            f"the time now={now} has no time zone", fix="give it one: now.replace(tzinfo=UTC)"
        )
