"""Plans which incidents a fact opens, repeats or resolves, and which alerts follow from it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from dq_monitor.message import (
    GATE,
    MAX_LINE,
    STEP,
    Problem,
    Subject,
    cause,
    failed,
    problem_of,
    resolved,
    shorten,
    to_json,
)
from dq_monitor.model.event import (
    BatchCommitted,
    Event,
    Origin,
    StepBroke,
    TableAudited,
    WriteJudged,
    WriteRejected,
    WriteStarted,
)
from dq_monitor.model.incident import Concern, Incident, IncidentState, Message
from dq_monitor.model.outbox import Changes, Outgoing, OutgoingKind
from dq_monitor.model.pack import Pack
from dq_monitor.model.verdict import SEVERITY, Decision, Status, Verdict
from dq_monitor.settings import Settings

_SPACE = uuid.uuid5(uuid.NAMESPACE_URL, "dq-monitor/incidents")


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


def plan_incidents(
    report: Report, current: Sequence[Incident], told: Audience, now: datetime
) -> Changes:
    """Return the incidents that change and the alerts that follow: pure, so a replay repeats it.

    A channel hears of an incident once, when it first is as severe as the channel wants; all that
    one write brings goes into one message.
    """
    before = {(incident.rule_id, incident.segment): incident for incident in current}
    failures = (
        _Failure(before.get((problem.rule_id, problem.segment)), problem, report.subject)
        for problem in report.problems
    )
    failing = [one for one in failures if one.before is None or (report.repeats and one.is_later)]
    well = [
        incident
        for key, incident in before.items()
        if key in report.passed and report.subject.at >= incident.opened_at
    ]
    closed = tuple(
        replace(incident, state=IncidentState.RESOLVED, last_seen_at=report.subject.at)
        for incident in well
    )
    return Changes(
        outgoing=tuple(_alerts(report.subject, failing, well, told, now)),
        incidents=(*(failure.after for failure in failing), *closed),
    )


@dataclass(frozen=True, slots=True)
class _Failure:
    """An incident before and after a failure."""

    before: Incident | None
    problem: Problem
    subject: Subject

    @property
    def is_later(self) -> bool:
        """False for a failure older than the incident: a log read again, or an old batch."""
        return self.before is None or self.subject.at >= self.before.opened_at

    @property
    def woke(self) -> bool:
        """True for the first failure after the time for which the incident was muted."""
        if self.before is None or self.before.state is not IncidentState.MUTED:
            return False
        return not _is_muted(self.before, self.subject.at)

    @property
    def after(self) -> Incident:
        if self.before is None:
            return _opened(self.problem, self.subject)
        repeated = self.subject.at > self.before.last_seen_at
        return replace(
            self.before,
            state=IncidentState.OPEN if self.woke else self.before.state,
            severity=max(self.before.severity, self.problem.status, key=SEVERITY.__getitem__),
            title=self.problem.title,
            last_seen_at=max(self.before.last_seen_at, self.subject.at),
            times_seen=self.before.times_seen + repeated,
        )

    @property
    def concern(self) -> Concern:
        problem = self.problem
        return Concern(self.after.id, problem.rule_id, problem.segment, problem.status)

    def is_news_at(self, threshold: Status) -> bool:
        """Say whether a channel of this threshold has yet to hear of it: nobody is on it."""
        if self.before and self.before.state is IncidentState.ACKNOWLEDGED:
            return False
        if self.before and _is_muted(self.before, self.subject.at):
            return False
        heard = self.before is not None and not self.woke and _reaches(self.before, threshold)
        return not heard and _reaches(self.after, threshold)


def _opened(problem: Problem, subject: Subject) -> Incident:
    return Incident(
        id=_id(subject.table, problem.rule_id, problem.segment, subject.id),
        table=subject.table,
        rule_id=problem.rule_id,
        segment=problem.segment,
        state=IncidentState.OPEN,
        severity=problem.status,
        title=problem.title,
        opened_at=subject.at,
        last_seen_at=subject.at,
        owner=subject.owner,
    )


def _alerts(
    subject: Subject,
    failing: Sequence[_Failure],
    well: Sequence[Incident],
    told: Audience,
    now: datetime,
) -> Iterable[Outgoing]:
    for channel, threshold in told.channels_of(subject.table).items():
        news = [failure for failure in failing if failure.is_news_at(threshold)]
        if news:
            key = _id(channel, subject.word, subject.id, "failed")
            wanted = sum(_reaches(failure.after, threshold) for failure in failing)
            message = failed(
                key,
                subject,
                [failure.problem for failure in news],
                known=wanted - len(news),
                concerns=tuple(failure.concern for failure in news),
            )
            yield _outgoing(message, channel, now)
        over = [
            incident
            for incident in well
            if _reaches(incident, threshold) and not _is_muted(incident, subject.at)
        ]
        if over:
            key = _id(channel, subject.word, subject.id, "resolved")
            yield _outgoing(resolved(key, subject, over), channel, now)


def report_of(event: Event, of_write: Sequence[Event], told: Audience) -> Report | None:
    """Return what `event` says about a table; None when it says nothing of its quality.

    `of_write` is what the log holds of a write that came to its end: an outcome alone does not
    say which day's data it was.
    """
    match event:
        case WriteJudged():
            return _of_write(event, told)
        case TableAudited():
            subject = _subject("audit", event.audit_id, event.table, event.at, told)
            return _of_findings(subject, event.verdict)
        case WriteRejected():
            subject = replace(
                _of_outcome(event, of_write, told), rejected=True, reasons=event.reasons
            )
            refused = (_refused(event.reasons, _batch(of_write)),)
            return Report(subject, refused, repeats=False)
        case BatchCommitted():
            subject = _of_outcome(event, of_write, told)
            return Report(subject, passed=frozenset({(GATE, _batch(of_write))}))
        case StepBroke():
            return _of_broken_step(event, told)
        case _:
            return None


def _of_broken_step(event: StepBroke, told: Audience) -> Report:
    # A step is run again under the same run id; the time tells one breaking from the next.
    key = f"{event.origin.run_id or event.origin.job} at {event.at.isoformat()}"
    subject = replace(_subject("run", key, event.table, event.at, told), day=event.origin.day)
    problem = Problem(STEP, Status.ERROR, cause(event.error), event.origin.job)
    return Report(subject, (problem,))


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
    return Report(subject, wrong, passed)


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


def _reaches(incident: Incident, threshold: Status) -> bool:
    return SEVERITY[incident.severity] >= SEVERITY[threshold]


def _is_muted(incident: Incident, at: datetime) -> bool:
    ended = incident.muted_until is not None and at >= incident.muted_until
    return incident.state is IncidentState.MUTED and not ended


def _outgoing(message: Message, channel: str, now: datetime) -> Outgoing:
    return Outgoing(message.key, OutgoingKind.ALERT, channel, to_json(message), now)


def _id(*parts: str) -> str:
    # NUL cannot be in a table's or a rule's name, so no two lists of parts run together.
    return str(uuid.uuid5(_SPACE, "\0".join(parts)))
