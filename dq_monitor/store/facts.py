"""What the log needs to know of any event: whom it is about, and whether it is known already."""

from __future__ import annotations

import math
from collections.abc import Sequence

from dq_monitor.model.event import (
    BatchCommitted,
    Event,
    ResultsImported,
    RowsMoved,
    StepBroke,
    StepStarted,
    TableAudited,
    TableMaintained,
    WriteAbandoned,
    WriteJudged,
    WriteRejected,
    WriteStarted,
)
from dq_monitor.model.metric import Metric

ABANDONED = "write_abandoned"
WRITE_TYPES = (
    "write_started",
    "write_judged",
    "batch_committed",
    "write_rejected",
    ABANDONED,
)
WriteEvent = WriteStarted | WriteJudged | BatchCommitted | WriteRejected | WriteAbandoned


def subject_of(event: Event) -> str:
    """Return the id of the write, audit, import, care or step's run that `event` is about."""
    match event:
        case StepStarted() | StepBroke():
            return event.origin.run_id
        case TableAudited():
            return event.audit_id
        case ResultsImported():
            return event.import_id
        case TableMaintained():
            return event.care_id
        case RowsMoved():
            return event.move_id
        case _:
            return event.write_id


def table_of(event: Event) -> str:
    """Return the table that `event` is about; empty for a step that writes none."""
    if isinstance(event, StepStarted):
        return event.origin.output.name if event.origin.output else ""
    return event.table


def attempt_of(known: Sequence[str], new: str) -> int:
    """Return which attempt a fact of type `new` belongs to, after the `known` ones of its subject.

    A batch whose write was abandoned can be sent again, and is then told of from the start: its
    facts stand once per attempt. Abandoning it twice in a row is one fact.
    """
    abandoned = sum(kind == ABANDONED for kind in known)
    repeated = new == ABANDONED and bool(known) and known[-1] == ABANDONED
    return abandoned - 1 if repeated else abandoned


def measured(event: Event) -> Sequence[Metric]:
    """Return the measurements that `event` brings; NaN and infinity measure nothing."""
    if not isinstance(event, WriteJudged | TableAudited | ResultsImported | TableMaintained):
        return ()
    return [metric for metric in event.metrics if math.isfinite(metric.value)]
