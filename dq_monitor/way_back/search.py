"""Finds the first of many for which something holds: pure, asking as few as it may."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


def first_failing(many: Sequence[T], fails: Callable[[T], bool], *, linear: bool) -> T | None:
    """Return the first of `many` that fails, None where none does.

    By halves it is the first only if all after it fail too, and the last is asked before any other:
    where that does not fail, none does. `linear` asks every one.
    """
    if linear:
        answers = [one for one in many if fails(one)]
        return answers[0] if answers else None
    if not many or not fails(many[-1]):
        return None
    low, high = 0, len(many) - 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if fails(many[middle]) else (middle + 1, high)
    return many[high]
