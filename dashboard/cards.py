"""A table as a card: on the overview among its layer, on the lineage page alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from urllib.parse import urlencode

from dashboard.words import STATUS_WORDS, WORST_FIRST, ago, number, plain, several, share, when
from dq_monitor.store.views import TableStatus, WriteRow

LAST_WRITES = 30
FRESHNESS = {"pass": "fresh", "warn": "late", "fail": "stale", "error": "of unknown age"}
HEALTHY = {"pass", "not_evaluated"}


def failing_words(tables: Iterable[TableStatus]) -> str:
    """Return `1 failing, 2 warning`, or that all is well."""
    ailing = [table.status.value for table in tables if table.status not in HEALTHY]
    counted = [(ailing.count(word), STATUS_WORDS[word]) for word in WORST_FIRST]
    return (
        ", ".join(f"{count} {word.lower()}" for count, word in counted if count) or "none failing"
    )


def card_of(table: TableStatus, writes: Sequence[WriteRow], now: datetime) -> Mapping[str, object]:
    """Return the card of a table: its status, its totals, its last writes as a strip."""
    totals = table.totals
    return {
        "table": table.table,
        "name": plain(table.table),
        "href": f"table?{urlencode({'table': table.table})}",
        "status": table.status.value,
        "words": STATUS_WORDS[table.status],
        "facts": [
            {"name": "rows kept", "value": number(totals.kept)},
            {
                "name": "quarantined",
                "value": number(totals.quarantined),
                "title": f"{share(totals.quarantined, totals.rows_in)} of the rows delivered",
            },
            {"name": "rules", "value": number(table.rules)},
            {
                "name": "incidents",
                "value": number(table.open_incidents),
                "alarm": table.open_incidents > 0,
            },
        ],
        "writes": [_bar(write) for write in reversed(writes)],
        "strip": _strip_words(writes),
        "notes": _notes(table, now),
    }


def _bar(write: WriteRow) -> Mapping[str, str]:
    status = write.status or "not_evaluated"
    day = f"{write.day:%d %b %Y}" if write.day else when(write.at)
    kept = f", {number(write.counts.kept)} rows kept" if write.counts else ""
    return {"status": status, "title": f"{day}: {STATUS_WORDS[status]}, {write.outcome}{kept}"}


def _strip_words(writes: Sequence[WriteRow]) -> str:
    """Return what the strip shows to who cannot see it."""
    counted = dict.fromkeys(STATUS_WORDS, 0)
    for write in writes:
        counted[write.status or "not_evaluated"] += 1
    parts = [f"{count} {STATUS_WORDS[word].lower()}" for word, count in counted.items() if count]
    return f"Latest {several(len(writes), 'write')}: {', '.join(parts) or 'none'}"


def _notes(table: TableStatus, now: datetime) -> list[Mapping[str, str]]:
    written = "never written"
    if table.last_write_at:
        written = f"{when(table.last_write_at)} · {ago(table.last_write_at, now)}"
    version = f"v{table.version}" if table.version is not None else "no version"
    fresh = FRESHNESS.get(table.freshness, "")
    return [
        {"text": written, "title": "last write, UTC"},
        {"text": " · ".join(filter(None, (version, fresh))), "title": "Delta version, freshness"},
    ]
