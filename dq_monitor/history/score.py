"""What a batch adds to the history of its table, and how it lies beside what came before."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, datetime
from typing import cast

from dq_monitor.model.check import HistoryCheck, Kind, Measures, RecallCheck
from dq_monitor.model.metric import IMPORTED, Metric
from dq_monitor.model.rule import Rule, Threshold
from dq_monitor.model.verdict import Finding, Observation, Status, Verdict

ROWS_IN = "rows_in"
QUARANTINED = "rows_quarantined"


def observe_history(
    rule: Rule, value: float | None, before: Sequence[Metric], day: date | None
) -> Observation:
    """Hold a metric's value against its own past; who learns from it sees no flagged points.

    `before` is oldest first and never holds the tested point; `day` is the day it speaks of.
    """
    check = cast("HistoryCheck", rule.check)
    if value is None:
        return Observation(rule.id, note=f"{check.metric} has no value")
    learns = check.measures is Measures.SCORE
    known = [metric for metric in before if not (learns and metric.flagged)]
    try:
        score = check.score(value, known, _limits(rule), day)
    except ValueError as error:
        return Observation(rule.id, value=value, error=str(error))
    if score is None:
        return Observation(rule.id, value=value, note=f"{len(known)} measurements before")
    return Observation(
        rule.id,
        value=value,
        score=score.distance,
        lower=score.lower,
        upper=score.upper,
        note=score.note,
    )


def observe_imported(rule: Rule, before: Sequence[Metric], now: datetime) -> Observation:
    """Judge what another tool measured: its newest result, by itself or against those before.

    `before` is oldest first, the newest result among them.
    """
    if isinstance(rule.check, RecallCheck):
        measure = rule.check.recall(before, now)
        return Observation(rule.id, value=measure.value, note=measure.note)
    if not before:
        return observe_history(rule, None, (), None)
    newest = before[-1]
    return observe_history(rule, newest.value, before[:-1], newest.day or newest.at.date())


def is_imported(metric: str) -> bool:
    """Say whether a metric's values come from another tool."""
    return metric.startswith(IMPORTED)


def metrics_of(verdict: Verdict, rules: Sequence[Rule], day: date | None) -> tuple[Metric, ...]:
    """Return the measurements that a verdict adds to its table's history.

    A table rule gives its value, a row or set rule the share of rows that fail; each under the
    rule's id, once for each segment that it has. A history rule adds none of its own: it gives its
    metric bounds and perhaps a flag.
    """
    bounds = _bounds(verdict, rules)
    values = {
        (ROWS_IN, ""): float(verdict.counts.rows_in),
        (QUARANTINED, ""): float(verdict.counts.quarantined),
    } | {
        (finding.rule_id, finding.segment): value
        for finding in verdict.findings
        if finding.kind is not Kind.HISTORY and (value := _value(finding)) is not None
    }
    return tuple(
        _measure(verdict, series, value, day, bounds.get(series))
        for series, value in values.items()
    )


def _bounds(verdict: Verdict, rules: Sequence[Rule]) -> dict[tuple[str, str], Finding]:
    """Return what each metric is held against, by its name and segment."""
    histories = [rule for rule in rules if rule.kind is Kind.HISTORY]
    # What an anomaly expects says more than what a change may be.
    histories.sort(key=lambda rule: rule.check.measures is Measures.SCORE)
    return {
        (cast("HistoryCheck", rule.check).metric, finding.segment): finding
        for rule in histories
        for finding in verdict.findings
        if finding.rule_id == rule.id
    }


def _measure(
    verdict: Verdict, series: tuple[str, str], value: float, day: date | None, bound: Finding | None
) -> Metric:
    name, segment = series
    return Metric(
        table=verdict.table,
        name=name,
        segment=segment,
        value=value,
        at=verdict.judged_at,
        day=day,
        lower=bound.lower if bound else None,
        upper=bound.upper if bound else None,
        flagged=bound is not None and bound.status in {Status.WARN, Status.FAIL},
    )


def _value(finding: Finding) -> float | None:
    if finding.kind is Kind.TABLE:
        return finding.value
    judged = (finding.failing or 0) + (finding.passing or 0)
    return (finding.failing or 0) / judged if judged else None


def _limits(rule: Rule) -> tuple[float, float]:
    """Return the narrowest limits the rule has: those that people see drawn."""
    sides = [_sides(threshold) for threshold in (rule.warn, rule.error) if threshold]
    lower = max((low for low, _ in sides), default=-math.inf)
    return lower, min((high for _, high in sides), default=math.inf)


def _sides(threshold: Threshold) -> tuple[float, float]:
    low, high = threshold.outside or (-math.inf, math.inf)
    if threshold.beyond is not None:
        low, high = max(low, -threshold.beyond), min(high, threshold.beyond)
    if threshold.below:
        low = max(low, threshold.below.value)
    return low, min(high, threshold.over.value) if threshold.over else high
