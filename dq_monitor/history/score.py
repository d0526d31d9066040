"""What a batch adds to the history of its table, and how it lies beside what came before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import cast

from dq_monitor.model.check import HistoryCheck, Kind
from dq_monitor.model.metric import Metric
from dq_monitor.model.rule import Rule
from dq_monitor.model.verdict import Finding, Observation, Status, Verdict

ROWS_IN = "rows_in"
QUARANTINED = "rows_quarantined"


def observe_history(
    rule: Rule, value: float | None, before: Sequence[Metric], day: date | None
) -> Observation:
    """Hold a metric's value against its own past; flagged points of the past are left out.

    `before` is oldest first and never holds the tested point; `day` is the day it speaks of.
    """
    check = cast("HistoryCheck", rule.check)
    if value is None:
        return Observation(rule.id, note=f"{check.metric} has no value")
    known = [metric for metric in before if not metric.flagged]
    try:
        score = check.score(value, known, _beyond(rule), day)
    except ValueError as error:
        return Observation(rule.id, value=value, error=str(error))
    if score is None:
        return Observation(rule.id, value=value, note=f"{len(known)} measurements before")
    return Observation(
        rule.id, value=value, score=score.deviations, lower=score.lower, upper=score.upper
    )


def metrics_of(verdict: Verdict, rules: Sequence[Rule], day: date | None) -> tuple[Metric, ...]:
    """Return the measurements that a verdict adds to its table's history.

    A table rule gives its value, a row or set rule the share of rows that fail; each under the
    rule's id. A history rule adds none of its own: it gives its metric bounds and perhaps a flag.
    """
    judged = {finding.rule_id: finding for finding in verdict.findings}
    bounds = {
        cast("HistoryCheck", rule.check).metric: judged[rule.id]
        for rule in rules
        if rule.kind is Kind.HISTORY and rule.id in judged
    }
    totals = {
        ROWS_IN: float(verdict.counts.rows_in),
        QUARANTINED: float(verdict.counts.quarantined),
    }
    values = totals | {
        name: value
        for name, finding in judged.items()
        if finding.kind is not Kind.HISTORY and (value := _value(finding)) is not None
    }
    return tuple(
        _measure(verdict, name, value, day, bounds.get(name)) for name, value in values.items()
    )


def _measure(
    verdict: Verdict, name: str, value: float, day: date | None, bound: Finding | None
) -> Metric:
    return Metric(
        table=verdict.table,
        name=name,
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


def _beyond(rule: Rule) -> float:
    """Return the narrowest bound the rule has: the one that people see drawn."""
    limits = [t.beyond for t in (rule.warn, rule.error) if t and t.beyond is not None]
    return min(limits, default=0.0)
