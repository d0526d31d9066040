from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from dq_monitor.checks.anomaly import Anomaly
from dq_monitor.checks.mean import Mean
from dq_monitor.checks.not_null import NotNull
from dq_monitor.history.score import metrics_of, observe_history
from dq_monitor.judge import judge
from dq_monitor.model.metric import Metric
from dq_monitor.model.pack import Pack
from dq_monitor.model.rule import Limit, Rule, Threshold
from dq_monitor.model.verdict import Counts, Observation

START = datetime(2013, 1, 1, tzinfo=UTC)
DAY = date(2013, 2, 8)
MEAN = Rule("mean.a", "mean", Mean(column="a"), warn=Threshold(outside=(0, 99)))
NULLS = Rule("not_null.a", "not_null", NotNull(column="a"), warn=Threshold(over=Limit(0)))
UNUSUAL = Rule("unusual", "anomaly", Anomaly(metric="mean.a"), warn=Threshold(beyond=4))


def past(*values: float, flagged: bool = False) -> list[Metric]:
    return [
        Metric("silver.t", "mean.a", value, START + timedelta(days=n), flagged=flagged)
        for n, value in enumerate(values)
    ]


def test_a_value_far_from_its_past_scores_high() -> None:
    seen = observe_history(UNUSUAL, 50, past(*[10 + n % 3 for n in range(30)]), DAY)
    assert seen.score is not None
    assert seen.score > 4
    assert seen.upper is not None
    assert seen.upper < 50


def test_a_short_past_gives_no_score_and_says_how_short() -> None:
    seen = observe_history(UNUSUAL, 50, past(10, 11), DAY)
    assert (seen.score, seen.note) == (None, "2 measurements before")


def test_flagged_measurements_teach_nothing() -> None:
    calm = past(*[10 + n % 3 for n in range(30)])
    storms = past(*[500.0] * 60, flagged=True)
    assert observe_history(UNUSUAL, 50, calm, DAY) == observe_history(
        UNUSUAL, 50, [*storms, *calm], DAY
    )


def test_a_metric_without_a_value_is_not_scored() -> None:
    assert observe_history(UNUSUAL, None, past(1, 2), DAY).score is None


def test_a_verdict_becomes_history_with_bounds_and_flag() -> None:
    rules = (MEAN, NULLS, UNUSUAL)
    seen = (
        Observation("mean.a", value=50),
        Observation("not_null.a", failing=1, passing=3),
        Observation("unusual", value=50, score=12, lower=8, upper=14),
    )
    pack = Pack("p", "silver.t", "f", rules=rules)
    verdict = judge(pack, seen, Counts(4, 4), subject="w", now=START)
    metrics = {metric.name: metric for metric in metrics_of(verdict, rules, DAY)}
    assert sorted(metrics) == ["mean.a", "not_null.a", "rows_in", "rows_quarantined"]
    assert metrics["mean.a"] == Metric(
        "silver.t", "mean.a", 50, START, day=DAY, lower=8, upper=14, flagged=True
    )
    assert metrics["not_null.a"].value == 0.25


def test_each_segment_becomes_a_history_of_its_own() -> None:
    rules = (replace(MEAN, by=("g",)), replace(NULLS, by=("g",)), UNUSUAL)
    seen = (
        Observation("mean.a", value=50, segment="EWR"),
        Observation("mean.a", value=5, segment="JFK"),
        Observation("not_null.a", failing=1, passing=3, segment="EWR"),
        Observation("unusual", value=50, score=12, lower=8, upper=14, segment="EWR"),
        Observation("unusual", value=5, note="2 measurements before", segment="JFK"),
    )
    pack = Pack("p", "silver.t", "f", rules=rules)
    verdict = judge(pack, seen, Counts(4, 4), subject="w", now=START)
    metrics = {(one.name, one.segment): one for one in metrics_of(verdict, rules, DAY)}
    assert sorted(metrics) == [
        ("mean.a", "EWR"),
        ("mean.a", "JFK"),
        ("not_null.a", "EWR"),
        ("rows_in", ""),
        ("rows_quarantined", ""),
    ]
    assert (metrics["mean.a", "EWR"].upper, metrics["mean.a", "EWR"].flagged) == (14, True)
    assert (metrics["mean.a", "JFK"].upper, metrics["mean.a", "JFK"].flagged) == (None, False)
