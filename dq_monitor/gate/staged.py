"""A batch in staging, and what it is held against: plain facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from dq_monitor.engines.plan import Plan
from dq_monitor.gate.staying import Staying
from dq_monitor.model.verdict import Counts, Observation
from dq_monitor.states.beside import Beside
from dq_monitor.tables.staging import Staging


@dataclass(frozen=True, slots=True)
class Staged:
    """A batch whose rows lie in staging, with all that was measured of it.

    `failing` holds, by set rule, the distinct keys that fail.
    """

    staging: Staging
    partition_by: tuple[str, ...]
    plan: Plan
    counts: Counts
    observations: tuple[Observation, ...]
    failing: Mapping[str, pl.DataFrame]


@dataclass(frozen=True, slots=True)
class Around:
    """What a batch is held against: the stored rows that stay, and the referenced tables.

    `ask_files` says whether a rule asks for the files of the rows that stay. `beside` is what is
    known of them, where all stored rows stay.
    """

    staying: Staying
    references: Mapping[str, pl.LazyFrame]
    ask_files: bool = False
    beside: Beside | None = None
