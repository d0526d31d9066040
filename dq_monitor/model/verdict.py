"""What was seen of a batch, and what was concluded from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from dq_monitor.model.check import Kind
from dq_monitor.model.rule import OnFail


class Status(StrEnum):
    """How a rule, or a batch, came out."""

    PASS = "pass"
    WARN = "warn"
    FAIL = "fail"
    ERROR = "error"
    NOT_EVALUATED = "not_evaluated"


SEVERITY = {
    Status.NOT_EVALUATED: 0,
    Status.PASS: 1,
    Status.WARN: 2,
    Status.FAIL: 3,
    Status.ERROR: 4,
}


class Decision(StrEnum):
    """Whether a batch becomes visible."""

    COMMIT = "commit"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class Observation:
    """What one rule measured: plain numbers, not yet judged.

    Row and set rules fill `failing` and `passing` (rows); table rules fill `value` (of the rows
    that will be committed) and `batch_value` (of the whole batch, for the record); anomaly rules
    fill `value` (the metric), `score`, `lower` and `upper`. `error` says why nothing was measured.
    `segment` names the rows that a rule with `by` speaks of; there is one observation for each.
    """

    rule_id: str
    failing: int | None = None
    passing: int | None = None
    value: float | None = None
    batch_value: float | None = None
    score: float | None = None
    lower: float | None = None
    upper: float | None = None
    note: str = ""
    error: str | None = None
    segment: str = ""


@dataclass(frozen=True, slots=True)
class Counts:
    """Where the rows of a batch went: `kept + quarantined + dropped == rows_in`, always."""

    rows_in: int
    kept: int
    quarantined: int = 0
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule's answer: what it measured, what was expected, and how that came out.

    `message` is one sentence for people, without any row's values.
    """

    rule_id: str
    check: str
    kind: Kind
    status: Status
    message: str
    columns: tuple[str, ...] = ()
    segment: str = ""
    expected: str = ""
    on_fail: OnFail = OnFail.KEEP
    failing: int | None = None
    passing: int | None = None
    value: float | None = None
    batch_value: float | None = None
    score: float | None = None
    lower: float | None = None
    upper: float | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement of one write or one audit. `status` is the worst of its findings.

    `subject` is the write id, or the audit's id. `reasons` say why a batch is rejected, one
    sentence each; empty when it is not.
    """

    id: str
    subject: str
    table: str
    pack: str
    fingerprint: str
    status: Status
    decision: Decision
    counts: Counts
    judged_at: datetime
    findings: tuple[Finding, ...] = ()
    reasons: tuple[str, ...] = field(default=())
