"""Takes row values out of error texts before they leave the house."""

from __future__ import annotations

import re

LONGEST = 500
GONE = "…"

# A quote after a letter is an apostrophe; one that never closes hides all that follows it.
_QUOTED = re.compile(
    r"""(?P<before>\w*[^\w'"`]{0,2})(?<!\w)(?P<quote>['"`])(?P<inner>.*?)(?:(?P=quote)(?!\w)|$)"""
)
_LISTED = re.compile(r"(?<!\w)\[[^\]]*\]?")
# What stands behind these words is a name of ours or of Polars, not a cell.
_NAMES = re.compile(
    r"(?:columns?|rules?|steps?|tables?|checks?|options?|dtype|type)\W*", re.IGNORECASE
)
_TYPES = re.compile(r"[iuf]\d{1,3}|u?int\d{1,3}|float\d\d|str|string|bool|date|time|binary|null")


def scrub(text: str) -> str:
    """Return the first line of an error without what may be a row's value: quotes and lists.

    Names of columns, rules, steps and types stay, so that the message still says where to look.
    """
    line = next(iter(text.strip().splitlines()), "")
    line = "".join(char if char.isprintable() else " " for char in line)
    line = _QUOTED.sub(_kept, line)
    line = _LISTED.sub(f"[{GONE}]", line)
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + GONE


def _kept(match: re.Match[str]) -> str:
    before, quote, inner = match["before"], match["quote"], match["inner"]
    named = _NAMES.fullmatch(before) or _TYPES.fullmatch(inner)
    return f"{before}{quote}{inner if named else GONE}{quote}"
