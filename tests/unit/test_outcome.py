from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from dq_monitor.gate.outcome import Outcome
from dq_monitor.model.check import Kind
from dq_monitor.model.verdict import Counts, Decision, Finding, Status, Verdict

FOUND = Finding("in_range.a", "in_range", Kind.ROW, Status.FAIL, "", failing=2)
KEPT = Finding("matches.b", "matches", Kind.ROW, Status.PASS, "", failing=1)
VERDICT = Verdict(
    "v",
    "w",
    "silver.t",
    "p",
    "f",
    Status.FAIL,
    Decision.COMMIT,
    Counts(1003, 1000, 2, 1),
    datetime(2013, 1, 1, tzinfo=UTC),
    (FOUND, KEPT),
)
OUTCOME = Outcome("w", "silver.t", Decision.COMMIT, VERDICT, 7)


def test_an_outcome_reads_as_one_line() -> None:
    assert str(OUTCOME) == (
        "silver.t committed as version 7, 1,000 of 1,003 rows kept, 2 quarantined, 1 dropped:"
        " in_range.a 2"
    )


def test_a_rejection_says_why() -> None:
    verdict = replace(VERDICT, counts=Counts(3, 0, 3), reasons=("the batch is empty",))
    refused = replace(OUTCOME, verdict=verdict, version=None, replayed=True)
    assert str(refused) == (
        "silver.t rejected before, 0 of 3 rows kept, 3 quarantined: the batch is empty"
    )


def test_failing_adds_up_the_segments_of_a_rule() -> None:
    parts = [replace(FOUND, segment=name, failing=n) for name, n in (("EWR", 2), ("JFK", 3))]
    outcome = replace(OUTCOME, verdict=replace(VERDICT, findings=tuple(parts)))
    assert outcome.failing == {"in_range.a": 5}


def test_failing_leaves_out_the_rules_that_passed() -> None:
    assert OUTCOME.failing == {"in_range.a": 2}
