"""Masks values of rows: what is shown of them unless somebody asks for more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

MASK = "•••"


def masked(value: object) -> str:
    """Return the kind and rough length of `value` without any of it."""
    if value is None:
        return "null"
    kind = _kind(value)
    length = _length_class(len(str(value))) if kind in {"text", "integer", "list"} else ""
    return f"{MASK} {kind}{length}"


def _kind(value: object) -> str:
    kinds: Sequence[tuple[type | tuple[type, ...], str]] = (
        (bool, "yes/no"),
        (int, "integer"),
        (float, "decimal"),
        (datetime, "time"),
        (date, "date"),
        (str, "text"),
        ((list, tuple, Mapping), "list"),
    )
    return next((word for kind, word in kinds if isinstance(value, kind)), "value")


def _length_class(length: int) -> str:
    """Return `, 4-7 long`: powers of two, so that the length alone does not give a value away."""
    if not length:
        return ", empty"
    low = 1 << (length.bit_length() - 1)
    return f", {low}–{2 * low - 1} long" if low > 1 else ", 1 long"  # noqa: RUF001
