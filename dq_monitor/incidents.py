"""Plans which incidents a fact opens, repeats or resolves, and which alerts follow from it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from dq_monitor.message import (
    Problem,
    Subject,
    failed,
    resolved,
    to_json,
)
from dq_monitor.model.incident import Concern, Incident, IncidentState, Message
from dq_monitor.model.outbox import Changes, Outgoing, OutgoingKind
from dq_monitor.model.verdict import SEVERITY, Status
from dq_monitor.reports import Audience, Report

_SPACE = uuid.uuid5(uuid.NAMESPACE_URL, "dq-monitor/incidents")


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
