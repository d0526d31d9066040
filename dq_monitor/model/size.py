"""Sizes in bytes, as people write and read them."""

from __future__ import annotations

import re

_UNITS = {"B": 1, "KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12}
_BINARY = {"KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40}
_SIZE = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,9})?) ?([KMGT]I?B|B)", re.ASCII | re.IGNORECASE)


def read_size(text: str) -> float:
    """Return the bytes that `128MB` (millions) or `128MiB` says; raise ValueError otherwise."""
    found = _SIZE.fullmatch(text)
    if not found:
        raise ValueError(f"{text[:40]!r} is not a size: write 500KB, 128MB, 128MiB or 2GB")
    return float(found[1]) * (_UNITS | _BINARY)[found[2].upper()]


def spell_size(size: float) -> str:
    """Return a size for people: `512 B`, `1.5 MB`."""
    unit = max((u for u in _UNITS if _UNITS[u] <= abs(size)), key=_UNITS.__getitem__, default="B")
    return f"{size / _UNITS[unit]:.4g} {unit}"
