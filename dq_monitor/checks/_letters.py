"""Letters that have an upper and a lower case, as classes that every engine reads."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import cache
from itertools import groupby


@cache
def upper_letters() -> str:
    """Return the capital letters that have a small form, as the inside of a character class."""
    return _ranges(c for c in _characters("Lu") if c.lower() != c)


@cache
def lower_letters() -> str:
    """Return the small letters that have a capital form, as the inside of a character class."""
    return _ranges(c for c in _characters("Ll") if c.upper() != c)


def _characters(category: str) -> Iterable[str]:
    # In the planes beyond the second no letter has two cases.
    return (c for c in map(chr, range(0x20000)) if unicodedata.category(c) == category)


def _ranges(characters: Iterable[str]) -> str:
    """Return characters as a class has them: neighbours as ranges."""
    places = enumerate(map(ord, characters))
    runs = [[code for _, code in run] for _, run in groupby(places, lambda p: p[1] - p[0])]
    return "".join(chr(r[0]) if len(r) == 1 else f"{chr(r[0])}-{chr(r[-1])}" for r in runs)
