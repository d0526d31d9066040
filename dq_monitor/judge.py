"""Turns what was measured into a verdict: values in, values out, no clock, file or network."""

from __future__ import annotations

import math
import operator
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from dq_monitor.freshness import spell
from dq_monitor.model.check import Kind, Measures
from dq_monitor.model.pack import OnEmpty, Pack
from dq_monitor.model.rule import Limit, OnFail, Rule, Threshold
from dq_monitor.model.size import spell_size
from dq_monitor.model.verdict import (
    SEVERITY,
    Counts,
    Decision,
    Finding,
    Observation,
    Status,
    Verdict,
)

VERDICTS = uuid.uuid5(uuid.NAMESPACE_URL, "dq-monitor/verdict")
SAME_DIGITS = 1e-12


def judge(
    pack: Pack,
    observations: Sequence[Observation],
    counts: Counts,
    *,
    subject: str,
    now: datetime,
) -> Verdict:
    """Judge one batch or one table by `pack`; `subject` is the write id or the audit id.

    The same input gives the same verdict, with the same id: that is what makes a write repeatable.
    A rule has one finding for each of its segments, these sorted by name.
    """
    seen: dict[str, list[Observation]] = {rule.id: [] for rule in pack.rules}
    for observation in sorted(observations, key=lambda one: one.segment):
        seen.setdefault(observation.rule_id, []).append(observation)
    findings = tuple(
        _find(rule, one, counts)
        for rule in pack.rules
        for one in seen[rule.id] or [Observation(rule.id, error="the rule was not evaluated")]
    )
    reasons = tuple(_reasons(pack, findings, counts))
    status = _worst(findings, pack, counts)
    if reasons and SEVERITY[status] < SEVERITY[Status.FAIL]:
        status = Status.FAIL
    return Verdict(
        id=str(uuid.uuid5(VERDICTS, f"{subject}:{pack.fingerprint}")),
        subject=subject,
        table=pack.table,
        pack=pack.name,
        fingerprint=pack.fingerprint,
        status=status,
        decision=Decision.REJECT if reasons else Decision.COMMIT,
        counts=counts,
        judged_at=now,
        findings=findings,
        reasons=reasons,
    )


def trips(threshold: Threshold | None, value: float, share: float | None) -> bool:
    """Say whether `value` (or `share`, for a bound given as a share) is past the threshold."""
    if threshold is None:
        return False
    return any(
        (
            _tests(threshold.over, value, share, operator.gt),
            _tests(threshold.below, value, share, operator.lt),
            _tests(threshold.equal, value, share, _same),
            _tests(threshold.unequal, value, share, _differ),
            threshold.outside and not threshold.outside[0] <= value <= threshold.outside[1],
            threshold.beyond is not None and abs(value) > threshold.beyond,
        )
    )


def _tests(
    limit: Limit | None, value: float, share: float | None, relation: Callable[[float, float], bool]
) -> bool:
    if limit is None:
        return False
    return relation(share if limit.share and share is not None else value, limit.value)


def _same(value: float, other: float) -> bool:
    """Compare as people read numbers: a sum of 0.1 and 0.2 is 0.3."""
    return math.isclose(value, other, rel_tol=SAME_DIGITS)


def _differ(value: float, other: float) -> bool:
    return not _same(value, other)


def _find(rule: Rule, seen: Observation, counts: Counts) -> Finding:
    status = _status(rule, seen)
    return Finding(
        rule_id=rule.id,
        check=rule.name,
        kind=rule.kind,
        status=status,
        message=_sentence(rule, seen, status, counts),
        columns=rule.columns,
        segment=seen.segment,
        expected=_expected(rule),
        on_fail=rule.on_fail,
        failing=seen.failing,
        passing=seen.passing,
        value=seen.value,
        batch_value=seen.batch_value,
        score=seen.score,
        lower=seen.lower,
        upper=seen.upper,
    )


def _status(rule: Rule, seen: Observation) -> Status:
    if seen.error is not None:
        return Status.ERROR
    value, share = _judged(rule, seen)
    if value is None:
        return Status.NOT_EVALUATED
    if trips(rule.error, value, share):
        return Status.FAIL
    return Status.WARN if trips(rule.warn, value, share) else Status.PASS


def _judged(rule: Rule, seen: Observation) -> tuple[float | None, float | None]:
    """Return what the thresholds are held against: a count with its share, a value, or a score."""
    if rule.kind in {Kind.ROW, Kind.SET}:
        judged = (seen.failing or 0) + (seen.passing or 0)
        return seen.failing, (seen.failing or 0) / judged if judged else 0.0
    if rule.kind is Kind.HISTORY and rule.check.measures is not Measures.VIOLATIONS:
        return seen.score, None
    return seen.value, seen.value


def _expected(rule: Rule) -> str:
    write = _WRITTEN.get(rule.check.measures, str)
    parts = [f"warn {rule.warn.words(write)}"] if rule.warn else []
    parts += [f"fail {rule.error.words(write)}"] if rule.error else []
    return ", ".join(parts)


def _age(limit: Limit) -> str:
    return spell(timedelta(seconds=limit.value))


def _size(limit: Limit) -> str:
    return spell_size(limit.value)


_WRITTEN: Mapping[Measures, Callable[[Limit], str]] = {Measures.AGE: _age, Measures.SIZE: _size}


def _sentence(rule: Rule, seen: Observation, status: Status, counts: Counts) -> str:
    if seen.error is not None:
        return seen.error
    note = f" ({seen.note})" if seen.note else ""
    if rule.kind in {Kind.ROW, Kind.SET}:
        judged = (seen.failing or 0) + (seen.passing or 0)
        return f"{seen.failing:,} of {judged:,} judged rows fail{note}"
    if status is Status.NOT_EVALUATED:
        why = "too little history" if rule.kind is Kind.HISTORY else "no rows to measure"
        return f"no value: {seen.note or why}"
    if rule.kind is Kind.HISTORY:
        return _history_sentence(rule, seen) + note
    over = "" if seen.segment else f" over {counts.kept:,} rows"
    return f"measured {_figure(rule, seen.value)}{note or over}"


def _figure(rule: Rule, value: float | None) -> str:
    """Write a value as its thresholds are written: a share as percent, an age as a duration."""
    if value is not None and rule.check.measures is Measures.AGE:
        return _spelled(value)
    if value is not None and rule.check.measures is Measures.SIZE:
        return spell_size(value)
    if value is not None and any(t.of_shares for t in (rule.warn, rule.error) if t):
        return f"{value:.1%}"
    return f"{value:,.6g}"


def _spelled(seconds: float) -> str:
    """Write an age; one below 0 lies ahead of the clock."""
    try:
        age = timedelta(seconds=abs(seconds))
    except OverflowError:
        return f"{seconds:g} s"
    return f"{spell(age)} ahead of the clock" if seconds < 0 else f"an age of {spell(age)}"


def _history_sentence(rule: Rule, seen: Observation) -> str:
    bounds = ""
    if seen.lower is not None and seen.upper is not None:
        bounds = f", expected {seen.lower:g} to {seen.upper:g}"
    if rule.check.measures is not Measures.SCORE:
        return f"measured {seen.value:,.6g}{bounds}"
    return f"measured {seen.value:g}, {seen.score:+.1f} robust deviations off{bounds}"


def _reasons(pack: Pack, findings: Iterable[Finding], counts: Counts) -> Iterable[str]:
    stopping: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        if finding.status is Status.ERROR:
            stopping.setdefault((finding.rule_id, "could not be evaluated"), []).append(finding)
        elif finding.status is Status.FAIL and finding.on_fail is OnFail.BLOCK:
            stopping.setdefault((finding.rule_id, "blocks"), []).append(finding)
    for (_, what), found in stopping.items():
        yield _reason(found, what)
    if counts.rows_in == 0 and pack.gate.on_empty is OnEmpty.REJECT:
        yield "the batch is empty"
    limit = pack.gate.max_quarantined
    if limit and _quarantined(limit, counts) > limit.value:
        yield (
            f"{counts.quarantined:,} of {counts.rows_in:,} rows would go to quarantine,"
            f" more than {limit}"
        )


def _reason(findings: Sequence[Finding], what: str) -> str:
    """Say why a rule stops a batch: once, however many of its segments do."""
    first = findings[0]
    more = f" in {len(findings):,} segments, first" if len(findings) > 1 else ""
    segment = f" [{first.segment}]" if first.segment else ""
    return f"rule {first.rule_id} {what}{more}{segment}: {first.message}"


def _quarantined(limit: Limit, counts: Counts) -> float:
    if not limit.share:
        return counts.quarantined
    return counts.quarantined / counts.rows_in if counts.rows_in else 0.0


def _worst(findings: Iterable[Finding], pack: Pack, counts: Counts) -> Status:
    """Return the worst status; a batch nothing was asked of is a pass."""
    statuses = [finding.status for finding in findings]
    if counts.rows_in == 0 and pack.gate.on_empty is OnEmpty.WARN:
        statuses.append(Status.WARN)
    return max(statuses, key=SEVERITY.__getitem__, default=Status.PASS)
