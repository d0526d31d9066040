"""Rows in quarantine: what tells them apart, why they are there, and how they leave it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

# What the gate adds to each row that it sets aside.
WRITE_ID = "_dq_write_id"
ROW = "_dq_row"
REASONS = "_dq_reasons"
FAULTS = "_dq_faults"
FINGERPRINT = "_dq_fingerprint"
AT = "_dq_at"
STATE = "_dq_state"
OURS = "_dq_"

# The reason of the rows of a rejected batch that no rule refuses.
REJECTED = "batch_rejected"


class RowState(StrEnum):
    """Where a row is in its life: only `open` rows wait for somebody.

    Waived and released rows are in their table now, the former although they fail. Superseded rows
    came again with their batch and were settled there. Of purged rows nothing but the number is
    left.
    """

    OPEN = "open"
    WAIVED = "waived"
    RELEASED = "released"
    SUPERSEDED = "superseded"
    PURGED = "purged"


class ReleaseKind(StrEnum):
    """How rows leave quarantine for their table: as they are, or because they pass now."""

    WAIVE = "waive"
    REPLAY = "replay"

    @property
    def state(self) -> RowState:
        """Return what the rows are after it."""
        return RowState.WAIVED if self is ReleaseKind.WAIVE else RowState.RELEASED


@dataclass(frozen=True, slots=True)
class Held:
    """How many rows one rule holds; `rule` is empty for all rows, whichever rules hold them."""

    rule: str
    rows: int


@dataclass(frozen=True, slots=True)
class Release:
    """What a write brings back from quarantine: rows of the write `of`, by whose word and why.

    `held` counts the rows by the rules that held them, those of `rule=""` being all. With `whole`
    it is a rejected batch that comes again under its own key.
    """

    kind: ReleaseKind
    of: str
    by: str = ""
    why: str = ""
    held: tuple[Held, ...] = ()
    whole: bool = False


def rows_of(held: tuple[Held, ...]) -> int:
    """Return how many rows there are in all."""
    return sum(one.rows for one in held if not one.rule)


def tally(rows: int, by_rule: Mapping[str, int]) -> tuple[Held, ...]:
    """Return the counts as facts keep them: all rows first, then by rule; none for no rows."""
    if not rows:
        return ()
    return (Held("", rows), *(Held(rule, by_rule[rule]) for rule in sorted(by_rule)))
