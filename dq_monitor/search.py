"""Finds the first of many for which something holds: pure, asking as few as it may."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


def first_failing(many: Sequence[T], fails: Callable[[T], bool], *, linear: bool) -> T | None:
    """Return the first of `many` that fails, None where none does.

    By halves it is the first only if all after it fail too; `linear` asks one after the other.
    """
    if linear:
        return next((one for one in many if fails(one)), None)
    place = bisect_left(many, 1, key=lambda one: int(fails(one)))
    return many[place] if place < len(many) else None
