"""The wording: lengths, safe characters, and no row's value."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq_monitor.errors import ContractBroken, SourceMissing, SourceUnreadable, StepFailed
from dq_monitor.message import (
    MAX_LINE,
    MAX_TITLE,
    Problem,
    Subject,
    cause,
    failed,
    from_json,
    listed,
    plain,
    shorten,
    to_json,
)
from dq_monitor.model.verdict import Counts, Status

AT = datetime(2013, 2, 8, 6, tzinfo=UTC)
SUBJECT = Subject(word="write", id="w1", table="silver.flights", at=AT)


@pytest.mark.parametrize(
    ("statuses", "counts", "title"),
    [
        ([Status.FAIL], Counts(10, 9, 1), "1 rule failed, 1 row quarantined"),
        ([Status.FAIL] * 2, Counts(9000, 6000, 3000), "2 rules failed, 3,000 rows quarantined"),
        ([Status.WARN], Counts(10, 10), "1 rule warns"),
        ([Status.ERROR], None, "1 rule could not be evaluated"),
        (
            [Status.WARN, Status.ERROR, Status.FAIL],
            None,
            "1 rule could not be evaluated, 1 rule failed, 1 rule warns",
        ),
    ],
    ids=["one", "many", "warning", "error", "mixed"],
)
def test_headline_counts_rules_by_how_they_came_out(
    statuses: list[Status], counts: Counts | None, title: str
) -> None:
    subject = Subject(word="write", id="w1", table="t", at=AT, counts=counts)
    problems = [Problem(f"rule{n}", status, "x") for n, status in enumerate(statuses)]
    assert failed("key", subject, problems).title == f"t: {title}"


def test_a_rule_that_fails_in_many_segments_is_one_rule() -> None:
    problems = [Problem("mean", Status.FAIL, "x", segment) for segment in ("EWR", "JFK")]
    message = failed("key", SUBJECT, problems)
    assert message.title == "silver.flights: 1 rule failed"
    assert message.lines == ("mean [EWR]: x", "mean [JFK]: x")


def test_the_worst_comes_first() -> None:
    problems = [Problem("a", Status.WARN, "x"), Problem("b", Status.ERROR, "x")]
    message = failed("key", SUBJECT, problems)
    assert message.status is Status.ERROR
    assert message.lines == ("b: x", "a: x")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            str(SourceMissing("data/flights.csv", fix="deliver it")),
            "A source file is not there: data/flights.csv",
        ),
        (
            f"SourceMissing: {SourceMissing('data/flights.csv')}",
            "SourceMissing: A source file is not there: data/flights.csv",
        ),
        (
            str(ContractBroken("silver.trips: column 'tail' is missing", fix="cast it")),
            "The batch does not keep the table's contract: silver.trips: column 'tail' is missing",
        ),
        (
            str(SourceUnreadable("x.csv: its last row has 3 of 19 fields")),
            "A source file is damaged or cut off: x.csv: its last row has 3 of 19 fields",
        ),
        (
            str(StepFailed("step 'silver.trips' (trips.py:12): ValueError: no number: 'CANARY'")),
            "A pipeline step raised an error: step 'silver.trips' (trips.py:12): ValueError",
        ),
        (
            str(StepFailed("step 'silver.trips': ComputeError: step 'CANARY': ValueError: x")),
            "A pipeline step raised an error: step 'silver.trips': ComputeError",
        ),
        (
            str(StepFailed("step 'silver.trips' returned NoneType, not a LazyFrame", fix="x")),
            (
                "A pipeline step raised an error: step 'silver.trips' returned NoneType,"
                " not a LazyFrame"
            ),
        ),
        (str(StepFailed("CANARY")), "A pipeline step raised an error"),
        ("ValueError: CANARY", "ValueError; its text is in the event log"),
        (
            "could not convert string to float: 'CANARY'",
            "an unknown error; its text is in the event log",
        ),
        ("", "an unknown error; its text is in the event log"),
    ],
    ids=[
        "usage",
        "usage with its class",
        "contract",
        "source",
        "step",
        "step whose text looks like a step",
        "step that returned no frame",
        "step in other words",
        "foreign",
        "text alone",
        "empty",
    ],
)
def test_a_cause_is_told_without_any_value(error: str, told: str) -> None:
    assert cause(error) == told


def test_links_need_a_web_address_and_quote_the_table() -> None:
    problems = [Problem("a", Status.FAIL, "x")]
    shown = Subject(word="write", id="w", table="a&b", at=AT, public_url="https://dq.example/")
    wrong = Subject(word="write", id="w", table="a", at=AT, public_url="javascript:alert(1)")
    assert failed("key", shown, problems).link == "https://dq.example/?table=a%26b"
    assert failed("key", wrong, problems).link == ""


def test_long_lists_say_how_many_more() -> None:
    assert listed(["a", "b", "c"], limit=2) == ("a", "b", "and 1 more")
    assert listed(["a", "b"], limit=2) == ("a", "b")


@given(st.text(), st.text(), st.text())
def test_any_text_becomes_a_message_of_bounded_lines_that_json_keeps(
    rule: str, title: str, table: str
) -> None:
    subject = Subject(word="write", id=title, table=table, at=AT, owner=rule)
    message = failed("key", subject, [Problem(rule, Status.FAIL, title, segment=table)])
    assert len(message.title) <= MAX_TITLE
    assert all(len(line) <= MAX_LINE and plain(line) == line for line in message.lines)
    assert from_json(to_json(message)) == message


@given(st.text(), st.integers(min_value=1, max_value=50))
def test_shortened_text_is_never_longer_than_its_limit(text: str, limit: int) -> None:
    assert len(shorten(text, limit)) <= limit


def test_what_hides_or_turns_text_is_taken_out() -> None:
    assert plain("a\x1b[2J\u202eb\u200bc\ud800\nd") == "a [2J b c? d"
