from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from dq_monitor.checks.anomaly import Anomaly
from dq_monitor.checks.freshness import Freshness
from dq_monitor.checks.mean import Mean
from dq_monitor.checks.not_null import NotNull
from dq_monitor.judge import judge, trips
from dq_monitor.model.pack import GatePolicy, OnEmpty, Pack
from dq_monitor.model.rule import Limit, OnFail, Rule, Threshold
from dq_monitor.model.verdict import Counts, Decision, Observation, Status, Verdict

NOW = datetime(2013, 2, 9, tzinfo=UTC)
ROW = Rule(
    "not_null.a",
    "not_null",
    NotNull(column="a"),
    warn=Threshold(over=Limit(0)),
    error=Threshold(over=Limit(0.1, share=True)),
)
TABLE = Rule(
    "mean.a", "mean", Mean(column="a"), warn=Threshold(outside=(0, 5)), on_fail=OnFail.BLOCK
)
PAST = Rule("unusual", "anomaly", Anomaly(metric="mean.a"), warn=Threshold(beyond=4))


def verdict_of(
    rule: Rule,
    *seen: Observation,
    counts: Counts = Counts(10, 10),  # noqa: B008 - a frozen value
    gate: GatePolicy = GatePolicy(),  # noqa: B008 - a frozen value
) -> Verdict:
    pack = Pack("p", "silver.t", "f", rules=(rule,), gate=gate)
    return judge(pack, seen, counts, subject="w", now=NOW)


@pytest.mark.parametrize(
    ("failing", "passing", "status"),
    [
        (0, 10, Status.PASS),
        (1, 99, Status.WARN),
        (1, 9, Status.WARN),
        (2, 8, Status.FAIL),
        (0, 0, Status.PASS),
    ],
    ids=["none", "under the share", "exactly the share", "over the share", "no judged rows"],
)
def test_a_row_rule_is_held_against_count_and_share(
    failing: int, passing: int, status: Status
) -> None:
    seen = Observation("not_null.a", failing=failing, passing=passing)
    assert verdict_of(ROW, seen).status is status


@pytest.mark.parametrize(
    ("value", "status"),
    [(5.0, Status.PASS), (5.1, Status.WARN), (-0.1, Status.WARN), (None, Status.NOT_EVALUATED)],
)
def test_a_table_rule_is_held_against_its_value(value: float | None, status: Status) -> None:
    assert verdict_of(TABLE, Observation("mean.a", value=value)).status is status


@pytest.mark.parametrize(
    ("score", "status"),
    [(4.0, Status.PASS), (-4.1, Status.WARN), (9.0, Status.WARN), (None, Status.NOT_EVALUATED)],
)
def test_a_history_rule_trips_on_either_side(score: float | None, status: Status) -> None:
    seen = Observation("unusual", value=0.5, score=score, lower=0.0, upper=0.1)
    assert verdict_of(PAST, seen).status is status


@pytest.mark.parametrize(
    ("threshold", "value", "tripped"),
    [
        (None, 9, False),
        (Threshold(over=Limit(3)), 3, False),
        (Threshold(over=Limit(3)), 4, True),
        (Threshold(below=Limit(3)), 3, False),
        (Threshold(below=Limit(3)), 2, True),
        (Threshold(outside=(1, 3)), 1, False),
        (Threshold(outside=(1, 3)), 0, True),
        (Threshold(over=Limit(0.5, share=True)), 1, True),
        (Threshold(beyond=2), -3, True),
        (Threshold(equal=Limit(3)), 3, True),
        (Threshold(equal=Limit(3)), 3.5, False),
        (Threshold(equal=Limit(0.3)), 0.1 + 0.2, True),
        (Threshold(equal=Limit(10_000_000_000)), 10_000_000_001, False),
        (Threshold(equal=Limit(0)), 1e-9, False),
        (Threshold(equal=Limit(0.6, share=True)), 1, True),
        (Threshold(unequal=Limit(3)), 3, False),
        (Threshold(unequal=Limit(3)), 2, True),
        (Threshold(unequal=Limit(3), over=Limit(9)), 3, False),
        (Threshold(below=Limit(3), over=Limit(9)), 10, True),
    ],
)
def test_thresholds_exclude_their_bounds(
    threshold: Threshold | None, value: float, *, tripped: bool
) -> None:
    assert trips(threshold, value, share=0.6) is tripped


def test_a_rule_that_could_not_be_asked_rejects_the_batch() -> None:
    verdict = verdict_of(ROW, Observation("not_null.a", error="there is no column 'a'"))
    assert (verdict.status, verdict.decision) == (Status.ERROR, Decision.REJECT)
    assert verdict.reasons == ("rule not_null.a could not be evaluated: there is no column 'a'",)


def test_a_rule_that_nobody_observed_is_an_error() -> None:
    assert verdict_of(ROW).status is Status.ERROR


@pytest.mark.parametrize(
    ("on_fail", "decision"),
    [(OnFail.BLOCK, Decision.REJECT), (OnFail.QUARANTINE, Decision.COMMIT)],
)
def test_only_a_blocking_rule_keeps_the_batch_out(on_fail: OnFail, decision: Decision) -> None:
    seen = Observation("not_null.a", failing=9, passing=1)
    verdict = verdict_of(replace(ROW, on_fail=on_fail), seen)
    assert (verdict.status, verdict.decision) == (Status.FAIL, decision)


@pytest.mark.parametrize(
    ("limit", "decision"),
    [
        (Limit(0.2, share=True), Decision.COMMIT),
        (Limit(0.19, share=True), Decision.REJECT),
        (Limit(2), Decision.COMMIT),
        (Limit(1), Decision.REJECT),
    ],
)
def test_too_many_quarantined_rows_break_the_circuit(limit: Limit, decision: Decision) -> None:
    seen = Observation("not_null.a", failing=0, passing=8)
    gate = GatePolicy(max_quarantined=limit)
    assert verdict_of(ROW, seen, counts=Counts(10, 8, 2), gate=gate).decision is decision


@pytest.mark.parametrize(
    ("policy", "status", "decision"),
    [
        (OnEmpty.PASS, Status.PASS, Decision.COMMIT),
        (OnEmpty.WARN, Status.WARN, Decision.COMMIT),
        (OnEmpty.REJECT, Status.FAIL, Decision.REJECT),
    ],
)
def test_an_empty_batch_follows_the_pack(
    policy: OnEmpty, status: Status, decision: Decision
) -> None:
    seen = Observation("not_null.a", failing=0, passing=0)
    verdict = verdict_of(ROW, seen, counts=Counts(0, 0), gate=GatePolicy(on_empty=policy))
    assert (verdict.status, verdict.decision) == (status, decision)


def test_a_share_is_told_in_percent() -> None:
    rule = replace(TABLE, warn=Threshold(below=Limit(0.5, share=True)))
    [finding] = verdict_of(rule, Observation("mean.a", value=0.0069, note="23 of 3,322")).findings
    assert finding.message == "measured 0.7% (23 of 3,322)"


@pytest.mark.parametrize(
    "warn",
    [
        Threshold(equal=Limit(0.5, share=True)),
        Threshold(unequal=Limit(0.5, share=True)),
        Threshold(outside=(0.1, 0.5), percent=True),
    ],
)
def test_whatever_bound_is_a_share_is_told_in_percent(warn: Threshold) -> None:
    [finding] = verdict_of(replace(TABLE, warn=warn), Observation("mean.a", value=0.5)).findings
    assert finding.message.startswith("measured 50.0% over")
    assert finding.expected == f"warn {warn}"
    assert "50%" in finding.expected


@pytest.mark.parametrize(
    ("age", "message", "status"),
    [
        (95_400, "measured an age of 26 h 30 min (newest)", Status.WARN),
        (93_600, "measured an age of 26 h (newest)", Status.PASS),
        (-7_200, "measured 2 h ahead of the clock (newest)", Status.PASS),
        (1e300, "measured 1e+300 s (newest)", Status.FAIL),
    ],
)
def test_an_age_is_told_as_people_write_it(age: float, message: str, status: Status) -> None:
    rule = Rule(
        "late",
        "freshness",
        Freshness(column="a"),
        warn=Threshold(over=Limit(93_600)),
        error=Threshold(over=Limit(3 * 86_400)),
    )
    [finding] = verdict_of(rule, Observation("late", value=age, note="newest")).findings
    assert (finding.message, finding.status) == (message, status)
    assert finding.expected == "warn over 26 h, fail over 3 d"


@pytest.mark.parametrize(
    ("threshold", "words"),
    [
        (Threshold(over=Limit(0.001, share=True), below=Limit(1)), "over 0.1% or below 1"),
        (Threshold(outside=(-5, 40)), "outside -5 to 40"),
        (Threshold(outside=(0.05, 0.4), percent=True), "outside 5% to 40%"),
        (Threshold(equal=Limit(0)), "equal to 0"),
        (Threshold(unequal=Limit(0.5, share=True)), "unequal to 50%"),
        (Threshold(beyond=4), "beyond 4 deviations"),
    ],
)
def test_a_threshold_in_words(threshold: Threshold, words: str) -> None:
    assert str(threshold) == words
    assert " or ".join(map(str, threshold.parts())) == words


def test_a_rule_has_a_finding_for_each_segment_sorted_by_name() -> None:
    rule = replace(TABLE, by=("g",))
    seen = [
        Observation("mean.a", value=9, note="3 rows", segment="JFK"),
        Observation("mean.a", value=1, segment="EWR"),
        Observation("mean.a", error="broken", segment="LGA"),
    ]
    verdict = verdict_of(rule, *seen)
    assert [(one.segment, one.status, one.message) for one in verdict.findings] == [
        ("EWR", Status.PASS, "measured 1"),
        ("JFK", Status.WARN, "measured 9 (3 rows)"),
        ("LGA", Status.ERROR, "broken"),
    ]
    assert verdict.status is Status.ERROR
    assert verdict.reasons == ("rule mean.a could not be evaluated [LGA]: broken",)
    assert verdict_of(rule, *reversed(seen)) == verdict


def test_a_rule_that_blocks_in_many_segments_is_one_reason() -> None:
    rule = replace(ROW, by=("g",), on_fail=OnFail.BLOCK)
    seen = [Observation("not_null.a", failing=9, passing=1, segment=f"s{n}") for n in range(3)]
    assert verdict_of(rule, *seen).reasons == (
        "rule not_null.a blocks in 3 segments, first [s0]: 9 of 10 judged rows fail",
    )


def test_the_same_input_gives_the_same_verdict() -> None:
    seen = Observation("not_null.a", failing=0, passing=1)
    assert verdict_of(ROW, seen) == verdict_of(ROW, seen)
