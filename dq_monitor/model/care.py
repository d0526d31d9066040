"""How a table is kept in shape, and what was done for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

# Nobody who reads a table, or writes to it, is taken to need longer than this.
SHORTEST_KEEP = timedelta(days=1)
# Delta remembers the writes of this long; what is older cannot be told from what never was.
LONGEST_KEEP = timedelta(days=365)
CHECKPOINT_EVERY = 20  # commits; what an opening costs grows with those after the last one


class Upkeep(StrEnum):
    """A kind of care, in the order in which they are done."""

    SWEEP = "sweep"
    COMPACT = "compact"
    CHECKPOINT = "checkpoint"
    VACUUM = "vacuum"


@dataclass(frozen=True, slots=True)
class Compaction:
    """When small files become large ones: `target_size` in bytes, `min_files` per partition."""

    min_files: int = 8
    target_size: int = 128_000_000


@dataclass(frozen=True, slots=True)
class Vacuum:
    """How long files stay that the table has replaced: past versions are read from them."""

    keep: timedelta = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Care:
    """What is done for a table, and when: `at` is a cron expression in UTC.

    `zorder` are the columns that compacted rows are sorted by; `sweep_after` is how old a file must
    be that no write, reader or version needs.
    """

    at: str = "30 3 * * *"
    compact: Compaction = field(default_factory=Compaction)
    zorder: tuple[str, ...] = ()
    vacuum: Vacuum = field(default_factory=Vacuum)
    checkpoint_every: int = CHECKPOINT_EVERY
    sweep_after: timedelta = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Done:
    """One piece of care: how many files (and bytes) went, and how many came in their place.

    `left` says why something was left for the next time.
    """

    upkeep: Upkeep
    files: int = 0
    size: int = 0
    made_files: int = 0
    made_size: int = 0
    version: int | None = None
    left: str = ""
