"""What a metric was before, and how it changed since."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq_monitor.checks.change import Change
from dq_monitor.errors import PackInvalid
from dq_monitor.history.score import metrics_of, observe_history
from dq_monitor.judge import judge
from dq_monitor.model.metric import Metric
from dq_monitor.model.pack import Pack
from dq_monitor.model.verdict import Counts, Finding, Observation, Status
from dq_monitor.packs import parse_pack

ENDLESS = (float("-inf"), float("inf"))
MONDAY = date(2013, 1, 7)


def history(*values: float, first: date = date(2012, 12, 24)) -> list[Metric]:
    days = [first + timedelta(days=n) for n in range(len(values))]
    return [
        Metric("t", "m", value, datetime(day.year, day.month, day.day, 6, tzinfo=UTC), day=day)
        for day, value in zip(days, values, strict=True)
    ]


def changed(check: Change, value: float, *before: float, day: date | None = MONDAY) -> Any:
    score = check.score(value, history(*before), ENDLESS, day)
    return None if score is None else pytest.approx(score.distance)


@pytest.mark.parametrize(
    ("parameters", "value", "before", "expected"),
    [
        ({}, 120, [50, 100], 0.2),
        ({}, 80, [100], -0.2),
        ({"absolute": True}, 120, [100], 20),
        ({"absolute": True}, 120, [0], 120),
        ({}, 120, [0], None),
        ({}, 120, [], None),
        ({}, -5, [-10], 0.5),
        ({"versus": "mean", "of": 3}, 6, [100, 1, 3, 5], 1.0),
        ({"versus": "mean", "of": 3}, 6, [3, 5], None),
        ({"versus": "same_weekday"}, 15, [*[1] * 7, 10, *[1] * 6], 0.5),
        ({"versus": "same_weekday"}, 15, [10, *[1] * 6], 0.5),
        ({"versus": "same_weekday"}, 15, [], None),
    ],
)
def test_a_change_is_held_against_the_old_value(
    parameters: dict[str, Any], value: float, before: list[float], expected: float | None
) -> None:
    assert changed(Change(metric="m", **parameters), value, *before) == expected


def test_the_same_weekday_needs_a_day() -> None:
    assert changed(Change(metric="m", versus="same_weekday"), 1, *[1] * 14, day=None) is None


def test_the_same_day_is_no_week_before() -> None:
    before = history(10, first=MONDAY)
    assert Change(metric="m", versus="same_weekday").score(9, before, ENDLESS, MONDAY) is None


@given(
    value=st.floats(-1e9, 1e9),
    old=st.floats(-1e9, 1e9).filter(lambda x: abs(x) > 1e-3),
    absolute=st.booleans(),
)
def test_bounds_are_where_the_change_reaches_its_limits(
    *, value: float, old: float, absolute: bool
) -> None:
    check = Change(metric="m", absolute=absolute)
    score = check.score(value, history(old), (-0.3, 0.5), MONDAY)
    assert score is not None
    assert score.lower is not None
    assert score.upper is not None
    for bound, limit in ((score.lower, -0.3), (score.upper, 0.5)):
        reached = check.score(bound, history(old), ENDLESS, MONDAY)
        assert reached is not None
        assert reached.distance == pytest.approx(limit, abs=1e-6)


PACK = """
table: silver.flights
rules:
  - row_count: {}
    error: {below: 1}
  - change: %s
    id: jump
    warn: %s
"""


def pack(change: str = "row_count", warn: str = "{outside: [-30%, 50%]}") -> Pack:
    return parse_pack(PACK % (change, warn), "pack.yaml")


def judged(pack: Pack, value: float, *before: float) -> tuple[Finding, Metric]:
    seen = observe_history(pack.rules[1], value, history(*before), MONDAY)
    now = datetime(2013, 1, 7, 12, tzinfo=UTC)
    counted = Observation("row_count", value=value)
    verdict = judge(pack, [counted, seen], Counts(1, 1), subject="w", now=now)
    metrics = {metric.name: metric for metric in metrics_of(verdict, pack.rules, MONDAY)}
    return verdict.findings[1], metrics["row_count"]


def test_a_change_is_told_with_its_bounds() -> None:
    finding, metric = judged(pack(), 1600, 1000)
    assert finding.status is Status.WARN
    assert finding.expected == "warn outside -30% to 50%"
    assert finding.message == (
        "measured 1,600, expected 700 to 1500 (+60.0% against 1,000, the last value)"
    )
    assert (metric.lower, metric.upper, metric.flagged) == (700, 1500, True)


@pytest.mark.parametrize(
    ("warn", "value", "status"),
    [
        ("{over: 20%}", 121, Status.WARN),
        ("{over: 20%}", 119, Status.PASS),
        ("{over: 20%}", 10, Status.PASS),
        ("{below: -20%}", 79, Status.WARN),
        ("{below: -0.2}", 81, Status.PASS),
        ("{outside: [-0.2, 0.2]}", 79, Status.WARN),
    ],
)
def test_bounds_are_held_against_the_change(warn: str, value: float, status: Status) -> None:
    assert judged(pack(warn=warn), value, 100)[0].status is status


def test_without_an_old_value_nothing_is_judged() -> None:
    finding, _ = judged(pack(), 100)
    assert (finding.status, finding.message) == (
        Status.NOT_EVALUATED,
        "no value: 0 measurements before",
    )


def test_flagged_values_are_old_values_too() -> None:
    (before,) = history(100)
    flagged = Metric(before.table, before.name, 50, before.at, day=before.day, flagged=True)
    seen = observe_history(pack().rules[1], 100, [before, flagged], MONDAY)
    assert seen.score == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("change", "warn", "reason"),
    [
        ("row_count", "{beyond: 4}", "beyond"),
        ("rowcount", "{over: 1}", "no rule of this pack has the id 'rowcount'"),
        ("{metric: row_count, of: 1}", "{over: 1}", "at least 2"),
        ("{metric: row_count, versus: yesterday}", "{over: 1}", "one of last, mean, same_weekday"),
    ],
)
def test_what_does_not_fit_is_refused_at_load(change: str, warn: str, reason: str) -> None:
    with pytest.raises(PackInvalid, match=reason):
        pack(change, warn)


def test_a_change_without_thresholds_is_shown_one() -> None:
    text = "{table: a.b, rules: [{row_count: {}, error: {below: 1}}, change: row_count]}"
    with pytest.raises(PackInvalid, match=r"warn: \{outside: \[-20%, 20%\]\}"):
        parse_pack(text, "pack.yaml")
