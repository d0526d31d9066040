"""How the columns of a batch differ from those that are expected, and what becomes of each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Change(StrEnum):
    """What is unlike: seen from what is expected, told of what came."""

    ADDED = "added"
    REMOVED = "removed"
    RENAMED = "renamed"
    WIDENED = "widened"
    NARROWED = "narrowed"
    RETYPED = "retyped"
    REORDERED = "reordered"
    NULLABILITY = "nullability"
    CASE = "case"


class Fate(StrEnum):
    """What becomes of it: the batch is refused, or its column goes one of these ways."""

    REFUSED = "refused"
    KEPT = "kept"
    CAST = "cast"
    NULL = "null"
    DROPPED = "dropped"
    RESCUED = "rescued"


_OTHER_TYPE = "{0.column!r} should be {0.before} and is {0.after}"
TOLD = {
    Change.ADDED: "{0.column!r} ({0.after}) is new",
    Change.REMOVED: "{0.column!r} ({0.before}) is missing",
    Change.RENAMED: "{0.before!r} is missing and {0.after!r} is new and of the same type",
    Change.WIDENED: _OTHER_TYPE,
    Change.NARROWED: _OTHER_TYPE,
    Change.RETYPED: _OTHER_TYPE,
    Change.REORDERED: "{0.column!r} comes as number {0.after}, not {0.before}",
    Change.NULLABILITY: _OTHER_TYPE,
    Change.CASE: "{0.after!r} differs from {0.before!r} only in case",
}
THEN = {
    Fate.REFUSED: "",
    Fate.KEPT: "",
    Fate.CAST: ": cast without a change of value",
    Fate.NULL: ": added as null",
    Fate.DROPPED: ": dropped",
    Fate.RESCUED: ": what does not fit is in _rescued",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference. `before` is what is expected and `after` what came, in names of types.

    For `renamed` and `case` they are names of columns, for `reordered` places from 1.
    """

    kind: Change
    column: str
    before: str = ""
    after: str = ""
    fate: Fate = Fate.KEPT

    @property
    def breaking(self) -> bool:
        """Return whether the batch is refused for it."""
        return self.fate is Fate.REFUSED

    def __str__(self) -> str:
        told = TOLD[self.kind].format(self)
        if self.kind is Change.ADDED and self.breaking:
            told = f"{self.column!r} ({self.after}) is not expected"
        return f"column {told}{THEN[self.fate]}"
