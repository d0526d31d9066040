"""The steps of a write at which a test may kill the process; nothing happens at them otherwise."""

from __future__ import annotations

import os
import signal
from collections import Counter
from enum import StrEnum

ARMED = "DQM_FAILPOINT"


class Failpoint(StrEnum):
    """A step that has just been done when its name is passed to `failpoint`.

    The crash tests go through all of them: a new step is tested the moment it has a name here.
    """

    LEASED = "leased"
    STARTED = "started"
    STAGED = "staged"
    REWRITTEN = "rewritten"
    CARRIED = "carried"
    MEASURED = "measured"
    HELD_STAGED = "held_staged"
    JUDGED = "judged"
    TABLE_CREATED = "table_created"
    COLUMNS_ADDED = "columns_added"
    TRANSACTED = "transacted"
    TABLE_COMMITTED = "table_committed"
    QUARANTINE_COMMITTED = "quarantine_committed"
    SWEPT = "swept"
    SETTLED = "settled"
    UNSTAGED = "unstaged"
    GIVEN_UP = "given_up"
    FACT_INSERTED = "fact_inserted"
    CURSOR_MOVED = "cursor_moved"
    CARE_REWRITTEN = "care_rewritten"
    CARE_COMPACTED = "care_compacted"
    CARE_ALIGNED = "care_aligned"
    CARE_CHECKPOINTED = "care_checkpointed"
    CARE_VACUUMED = "care_vacuumed"
    CARE_SWEPT = "care_swept"
    FOLLOWED = "followed"
    HANDED_OVER = "handed_over"


def failpoint(step: Failpoint) -> None:
    """Kill this process, as the system would, when a test has armed the step.

    `DQM_FAILPOINT=staged` does it the first time that a process comes to it, `staged:3` the third.
    """
    armed = os.environ.get(ARMED)
    if armed is None:
        return
    name, _, turn = armed.partition(":")
    if name == step:
        _passed[step] += 1
        if _passed[step] == int(turn or 1):
            os.kill(os.getpid(), signal.SIGKILL)


_passed: Counter[str] = Counter()
