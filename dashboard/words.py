"""How values become words: numbers, times and names as people read them, never as markup."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from math import isfinite

STATUS_WORDS = {
    "pass": "Passing",
    "warn": "Warning",
    "fail": "Failing",
    "error": "Error",
    "not_evaluated": "Not evaluated",
}
WORST_FIRST = ("error", "fail", "warn", "pass", "not_evaluated")
LAYERS = ("bronze", "silver", "gold")
MISSING = "–"  # noqa: RUF001 - the en dash is what is meant
LONGEST = 300

# Unicode categories that draw nothing or reorder what is drawn: controls, format characters
# (bidi overrides among them), surrogates, unassigned, line and paragraph separators.
_UNSEEN = {"Cc", "Cf", "Cs", "Cn", "Zl", "Zp"}
_AGES = ((86400 * 365, "y"), (86400, "d"), (3600, "h"), (60, "min"))


def plain(value: object, limit: int = LONGEST) -> str:
    """Return `value` as one line of bounded length in which nothing is invisible."""
    text = "".join(_visible(character) for character in str(value)[: limit + 1])
    return text if len(str(value)) <= limit else f"{text[: limit - 1]}…"


def _visible(character: str) -> str:
    if unicodedata.category(character) not in _UNSEEN:
        return character
    return character.encode("unicode_escape", "backslashreplace").decode("ascii")


def number(value: float | None) -> str:
    """Return 1234567 as `1,234,567` and 0.12345 as `0.1235`; nothing is a dash."""
    if value is None:
        return MISSING
    if not isfinite(value):
        return str(value)
    if float(value).is_integer():
        return f"{value:,.0f}"
    return f"{value:,.2f}" if abs(value) >= 10 else f"{value:.4g}"  # noqa: PLR2004 - reads best


def share(part: float, whole: float) -> str:
    """Return which part of `whole` it is, in percent; nothing of nothing is a dash."""
    if not whole:
        return MISSING
    percent = 100 * part / whole
    return "<0.1%" if 0 < percent < 0.1 else f"{percent:.1f}%"  # noqa: PLR2004 - one digit shown


def when(at: datetime | None) -> str:
    """Return the moment in UTC, as `28 Feb 2013 06:00`."""
    return f"{at.astimezone(UTC):%d %b %Y %H:%M}" if at else MISSING


def ago(at: datetime | None, now: datetime) -> str:
    """Return how long ago `at` was, in its largest unit."""
    if at is None:
        return "never"
    seconds = (now - at).total_seconds()
    for size, unit in _AGES:
        if abs(seconds) >= size:
            count = f"{abs(seconds) // size:.0f} {unit}"
            return f"{count} ago" if seconds > 0 else f"in {count}"
    return "just now"


def named(rule_id: str, segment: str) -> str:
    """Return the rule's id, with the segment that it speaks of where there is one."""
    return f"{rule_id} [{segment}]" if segment else rule_id


def several(count: int, one: str, many: str = "") -> str:
    """Return `1 rule`, `3 rules`, `1,200 rules`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
