"""Which versions a table's rows come from: a restored version goes on from an earlier one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

RESTORE = "RESTORE"

Entry = Mapping[str, Any]


def parents(entries: Sequence[Entry]) -> dict[int, int]:
    """Return, for each version of a history, the one whose rows it went on from.

    That is the version before it, except where it restored another one; whoever restored it.
    """
    return {int(one["version"]): _parent(one, entries) for one in entries}


def line(version: int, known: Mapping[int, int]) -> Iterator[int]:
    """Yield `version` and all that it goes on from, the newest first, as far as is known.

    What is left out was undone: it happened, and nothing of it is in `version`.
    """
    while version in known:
        yield version
        version = known[version]


def _parent(entry: Entry, entries: Sequence[Entry]) -> int:
    before = int(entry["version"]) - 1
    if entry.get("operation") != RESTORE:
        return before
    asked = entry.get("operationParameters") or {}
    if asked.get("version") is not None:
        return int(asked["version"])
    return _version_at(str(asked.get("datetime") or asked.get("timestamp")), before, entries)


def _version_at(time: str, newest: int, entries: Sequence[Entry]) -> int:
    """Return the version that a restore to a time meant; the newest where the time says nothing.

    Where that was before all `entries`, the one before them stands for it.
    """
    try:
        moment = _milliseconds(time)
    except ValueError:
        return newest
    then = [int(e["version"]) for e in entries if e.get("timestamp", moment + 1) <= moment]
    first = min(int(e["version"]) for e in entries)
    return max((one for one in then if one <= newest), default=max(first - 1, 0))


def _milliseconds(time: str) -> int:
    if time.isdigit():
        return int(time)
    at = datetime.fromisoformat(time)
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)
