"""What is known of a lease without holding it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Standing:
    """A lease that is held, or that the death of its owner has left a trace of.

    `since` (seconds since 1970) is when it may have begun at the earliest; `name` is empty where
    only the owner knows it.
    """

    name: str
    since: float
    held: bool
