"""What an event tells people of: what fails and passes in it, and who is to hear."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from dq_monitor.message import (
    GATE,
    LOST,
    MAX_LINE,
    STEP,
    Problem,
    Subject,
    cause,
    problem_of,
    shorten,
)
from dq_monitor.model.event import (
    BatchCommitted,
    Event,
    Origin,
    QuarantineLost,
    StepBroke,
    TableAudited,
    WriteJudged,
    WriteRejected,
    WriteStarted,
)
from dq_monitor.model.pack import Pack
from dq_monitor.model.terms import partial_of
from dq_monitor.model.verdict import SEVERITY, Decision, Status, Verdict
from dq_monitor.settings import Settings


@dataclass(frozen=True, slots=True)
class Audience:
    """Who is told what: each channel's name with the least severity it wants to hear of."""

    channels: Mapping[str, Status] = field(default_factory=dict)
    packs: Mapping[str, Pack] = field(default_factory=dict)
    public_url: str = ""

    def channels_of(self, table: str) -> Mapping[str, Status]:
        """Return the channels that the table's pack names; all, where it names none that exist."""
        notify = self.packs[table].notify if table in self.packs else ()
        return {name: self.channels[name] for name in notify if name in self.channels} or (
            self.channels
        )


def audience(settings: Settings, packs: Mapping[str, Pack]) -> Audience:
    """Return who is told, as the settings and the packs say."""
    channels = {name: Status(one.min_severity) for name, one in settings.channels.items()}
    return Audience(channels, packs, settings.public_url)


@dataclass(frozen=True, slots=True)
class Report:
    """What one event says about a table: what went wrong, and which (rule, segment) is well.

    `repeats` is False for an event that says again what an earlier one of the same write said.
    """

    subject: Subject
    problems: tuple[Problem, ...] = ()
    passed: frozenset[tuple[str, str]] = frozenset()
    repeats: bool = True


def report_of(event: Event, of_write: Sequence[Event], told: Audience) -> Report | None:
    """Return what `event` says about a table; None when it says nothing of its quality.

    `of_write` is what the log holds of a write that came to its end: an outcome alone does not
    say which day's data it was.
    """
    if partial_of((*of_write, event)):
        return None  # single rows that come back from quarantine are no batch of the table's
    match event:
        case WriteJudged():
            return _of_write(event, told)
        case WriteRejected() | BatchCommitted():
            return _of_end(event, of_write, told)
        case TableAudited():
            subject = _subject("audit", event.audit_id, event.table, event.at, told)
            return _of_findings(subject, event.verdict)
        case StepBroke():
            return _of_broken_step(event, told)
        case _:
            return _of_lost_rows(event, told)


def _of_broken_step(event: StepBroke, told: Audience) -> Report:
    # A step is run again under the same run id; the time tells one breaking from the next.
    key = f"{event.origin.run_id or event.origin.job} at {event.at.isoformat()}"
    subject = replace(_subject("run", key, event.table, event.at, told), day=event.origin.day)
    problem = Problem(STEP, Status.ERROR, cause(event.error), event.origin.job)
    return Report(subject, (problem,))


def _of_end(
    event: BatchCommitted | WriteRejected, of_write: Sequence[Event], told: Audience
) -> Report:
    subject = _of_outcome(event, of_write, told)
    if isinstance(event, BatchCommitted):
        return Report(subject, passed=frozenset({(GATE, _batch(of_write))}))
    subject = replace(subject, rejected=True, reasons=event.reasons)
    return Report(subject, (_refused(event.reasons, _batch(of_write)),), repeats=False)


def _of_lost_rows(event: Event, told: Audience) -> Report | None:
    if not isinstance(event, QuarantineLost):
        return None
    title = (
        f"{event.rows:,} refused rows are lost: their files were taken away before they were"
        " committed to quarantine; whoever needs them finds them where the batch came from"
    )
    problem = Problem(LOST, Status.ERROR, title, event.write_id)
    return Report(_subject("write", event.write_id, event.table, event.at, told), (problem,))


def _of_findings(subject: Subject, verdict: Verdict) -> Report:
    wrong = tuple(
        problem_of(finding)
        for finding in verdict.findings
        if SEVERITY[finding.status] >= SEVERITY[Status.WARN]
    )
    passed = frozenset(
        (finding.rule_id, finding.segment)
        for finding in verdict.findings
        if finding.status is Status.PASS
    )
    return Report(subject, wrong, passed | _as_a_whole(verdict))


def _as_a_whole(verdict: Verdict) -> frozenset[tuple[str, str]]:
    """Return the rules that have segments: what was told of one as a whole is over.

    It was told before it had segments, or when it could not be asked; now its segments speak.
    """
    return frozenset((finding.rule_id, "") for finding in verdict.findings if finding.segment)


def _of_write(event: WriteJudged, told: Audience) -> Report:
    rejected = event.verdict.decision is Decision.REJECT
    subject = replace(
        _subject("write", event.write_id, event.table, event.at, told),
        day=event.origin.day,
        counts=event.verdict.counts,
    )
    if rejected:
        subject = replace(subject, rejected=True, reasons=event.verdict.reasons)
    report = _of_findings(subject, event.verdict)
    refused = (_refused(event.verdict.reasons, _batch([event])),) if rejected else ()
    return replace(
        report,
        problems=refused + report.problems,
        passed=report.passed | {(STEP, event.origin.job)},
    )


def _of_outcome(
    event: BatchCommitted | WriteRejected, of_write: Sequence[Event], told: Audience
) -> Subject:
    subject = _subject("write", event.write_id, event.table, event.at, told)
    origin = _origin(of_write)
    return replace(subject, day=origin.day if origin else None)


def _refused(reasons: Sequence[str], batch: str) -> Problem:
    title = shorten(f"batch rejected: {'; '.join(reasons)}", MAX_LINE)
    return Problem(GATE, Status.FAIL, title, batch)


def _batch(of_write: Sequence[Event]) -> str:
    """Return what a refused batch is known by: its day, or its job where it has none.

    The next day's batch does not bring the rows of the day that was refused.
    """
    origin = _origin(of_write)
    if origin is None:
        return ""
    return origin.day.isoformat() if origin.day else origin.job


def _origin(of_write: Sequence[Event]) -> Origin | None:
    told = (one.origin for one in of_write if isinstance(one, WriteStarted | WriteJudged))
    return next(told, None)


def _subject(word: str, key: str, table: str, at: datetime, told: Audience) -> Subject:
    pack = told.packs.get(table)
    return Subject(
        word=word,
        id=key,
        table=table,
        at=at,
        pack=pack.name if pack else "",
        owner=pack.owner if pack else "",
        public_url=told.public_url,
    )
