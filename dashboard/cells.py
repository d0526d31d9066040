"""How the values of the store become cells of a ledger: the same on every page."""

from __future__ import annotations

from datetime import date, datetime
from math import isfinite

from dashboard.words import STATUS_WORDS, WORST_FIRST, ago, named, number, plain, several, when
from dq_monitor.model.verdict import Counts
from dq_monitor.store.views import RuleRow

OUTCOME_WORDS = {
    "committed": "Committed",
    "rejected": "Rejected",
    "abandoned": "Abandoned",
    "open": "In flight",
    "undone": "Undone",
}
_OUTCOME_STATUS = {"committed": "pass", "rejected": "fail", "abandoned": "error", "undone": "warn"}
INCIDENT_WORDS = {
    "open": "Open",
    "acknowledged": "Acknowledged",
    "muted": "Muted",
    "resolved": "Resolved",
}

Cell = dict[str, object]


def status_cell(status: str | None, words: str = "") -> Cell:
    """Return a badge: icon and words, sorted worst first."""
    known = status if status in STATUS_WORDS else "not_evaluated"
    return {
        "status": known,
        "words": words or STATUS_WORDS[known],
        "sort": WORST_FIRST.index(known),
    }


def outcome_cell(outcome: str) -> Cell:
    """Return how a write ended, as a badge."""
    words = OUTCOME_WORDS.get(outcome, plain(outcome))
    return status_cell(_OUTCOME_STATUS.get(outcome), words)


def number_cell(value: float | None) -> Cell:
    """Return a number with thousands separators that sorts as a number."""
    # JSON has neither NaN nor infinity: such a value sorts as if it were not there.
    finite = value is not None and isfinite(value)
    return {"text": number(value), "sort": value if finite else None}


def count_cells(counts: Counts | None) -> tuple[Cell, Cell, Cell, Cell]:
    """Return where a batch's rows went: in, kept, quarantined, dropped."""
    if counts is None:
        return (number_cell(None),) * 4
    return (
        number_cell(counts.rows_in),
        number_cell(counts.kept),
        number_cell(counts.quarantined),
        number_cell(counts.dropped),
    )


def time_cell(at: datetime | None, now: datetime) -> Cell:
    """Return a moment in UTC with its age as the title."""
    return {"text": when(at), "title": ago(at, now), "sort": at.timestamp() if at else 0}


def day_cell(day: date | None) -> Cell:
    """Return which day's data it is."""
    return {"text": f"{day:%d %b %Y}" if day else "–", "sort": f"{day or ''}"}  # noqa: RUF001


def text_cell(text: object) -> str:
    """Return text that others wrote, made visible and bounded."""
    return plain(text)


def rule_cell(rule: RuleRow) -> str:
    """Return the rule's id, with the worst of its segments and how many more did not pass."""
    if not rule.segments:
        return plain(rule.rule_id)
    if not rule.tripped:
        return plain(named(rule.rule_id, several(rule.segments, "segment")))
    more = f" and {rule.tripped - 1:,} more" if rule.tripped > 1 else ""
    return plain(named(rule.rule_id, f"{rule.segment}{more} of {rule.segments:,}"))


def short_cell(text: str, length: int = 12) -> Cell:
    """Return the beginning of an id, with all of it as the title."""
    return {"text": plain(text, limit=length), "title": plain(text), "sort": text}
