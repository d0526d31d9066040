"""Rows in quarantine: what tells them apart, why they are there, and how they leave it."""

from __future__ import annotations

import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

import polars as pl

# What the gate adds to each row that it sets aside.
WRITE_ID = "_dq_write_id"
ROW = "_dq_row"
REASONS = "_dq_reasons"
FAULTS = "_dq_faults"
FINGERPRINT = "_dq_fingerprint"
AT = "_dq_at"
STATE = "_dq_state"
OURS = "_dq_"

FAULT = pl.Struct({"rule": pl.String, "column": pl.String, "fault": pl.String})

# Row numbers longer than this are compressed: they travel in a commit of the Delta log.
PLAIN = 2000
COMPRESSED = "z:"

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
class HeldRows:
    """How many rows one rule holds; `rule` is empty for all rows, whichever rules hold them."""

    rule: str
    rows: int


@dataclass(frozen=True, slots=True)
class Release:
    """What a write brings back from quarantine: rows of the write `of`, by whose word and why.

    `held` counts the rows by the rules that held them, those of `rule=""` being all; `rows` says
    which they are (see `spell_rows`), so that whoever knows the release can mark them. With `whole`
    it is a rejected batch that comes again under its own key.
    """

    kind: ReleaseKind
    of: str
    by: str = ""
    why: str = ""
    held: tuple[HeldRows, ...] = ()
    rows: str = ""
    whole: bool = False


def rows_of(held: tuple[HeldRows, ...]) -> int:
    """Return how many rows there are in all."""
    return sum(one.rows for one in held if not one.rule)


def tally(rows: int, by_rule: Mapping[str, int]) -> tuple[HeldRows, ...]:
    """Return the counts as facts keep them: all rows first, then by rule; none for no rows."""
    if not rows:
        return ()
    return (HeldRows("", rows), *(HeldRows(rule, by_rule[rule]) for rule in sorted(by_rule)))


def spell_rows(numbers: Iterable[int]) -> str:
    """Write a set of row numbers as `0-3,7`; what is long is compressed, with a `z:` before it."""
    text = ",".join(f"{low}-{high}" if high > low else f"{low}" for low, high in _ranges(numbers))
    if len(text) <= PLAIN:
        return text
    return COMPRESSED + b64encode(zlib.compress(text.encode(), 9)).decode()


def read_rows(text: str) -> list[int]:
    """Return the numbers that `spell_rows` wrote, sorted."""
    if text.startswith(COMPRESSED):
        text = zlib.decompress(b64decode(text.removeprefix(COMPRESSED))).decode()
    numbers: list[int] = []
    for part in filter(None, text.split(",")):
        low, _, high = part.partition("-")
        numbers.extend(range(int(low), int(high or low) + 1))
    return numbers


def _ranges(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    known = sorted(set(numbers))
    starts = [n for place, n in enumerate(known) if not place or known[place - 1] != n - 1]
    ends = [n for place, n in enumerate(known) if known[place + 1 : place + 2] != [n + 1]]
    return zip(starts, ends, strict=True)
