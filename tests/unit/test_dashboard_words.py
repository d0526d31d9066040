"""How the dashboard words numbers, times and names that others wrote."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dashboard.cells import rule_cell
from dashboard.words import ago, named, number, plain, several, share, when
from dq_monitor.model.verdict import Status
from dq_monitor.store.views import RuleRow

NOW = datetime(2013, 2, 28, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1234567, "1,234,567"),
        (0, "0"),
        (3.0, "3"),
        (0.123456, "0.1235"),
        (12345.678, "12,345.68"),
        (float("nan"), "nan"),
        (None, "–"),  # noqa: RUF001 - the dash that is shown
    ],
    ids=["thousands", "zero", "whole", "small", "large", "not_a_number", "nothing"],
)
def test_numbers_are_written_for_people(value: float | None, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [(1, 8, "12.5%"), (1, 100000, "<0.1%"), (0, 5, "0.0%"), (0, 0, "–")],  # noqa: RUF001
    ids=["eighth", "tiny", "none", "of_nothing"],
)
def test_shares_are_percent(part: int, whole: int, text: str) -> None:
    assert share(part, whole) == text


@pytest.mark.parametrize(
    ("age", "text"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(minutes=5), "5 min ago"),
        (timedelta(hours=30), "1 d ago"),
        (timedelta(days=800), "2 y ago"),
        (timedelta(hours=-2), "in 2 h"),
    ],
    ids=["now", "minutes", "days", "years", "future"],
)
def test_ages_are_told_in_their_largest_unit(age: timedelta, text: str) -> None:
    assert ago(NOW - age, NOW) == text


def test_a_table_never_written_says_so() -> None:
    assert (ago(None, NOW), when(None)) == ("never", "–")  # noqa: RUF001


def test_moments_are_shown_in_utc() -> None:
    assert when(datetime.fromisoformat("2013-02-28T07:30:00+01:00")) == "28 Feb 2013 06:30"


def test_what_reorders_or_hides_text_becomes_visible() -> None:
    assert plain("a\u202eb\u200bc\nd\x00") == r"a\u202eb\u200bc\nd\x00"


def test_markup_stays_as_it_was_typed() -> None:
    assert plain("<script>![x](http://evil)") == "<script>![x](http://evil)"


def test_long_text_is_cut_with_an_ellipsis() -> None:
    assert plain("x" * 500, limit=10) == "x" * 9 + "…"


@pytest.mark.parametrize(("count", "text"), [(1, "1 rule"), (1200, "1,200 rules")], ids=str)
def test_nouns_follow_their_count(count: int, text: str) -> None:
    assert several(count, "rule") == text


@pytest.mark.parametrize(
    ("segments", "tripped", "segment", "text"),
    [
        (0, 0, "", "mean"),
        (1, 0, "EWR", "mean [1 segment]"),
        (3, 0, "EWR", "mean [3 segments]"),
        (3, 1, "EWR", "mean [EWR of 3]"),
        (1200, 3, "EWR", "mean [EWR and 2 more of 1,200]"),
    ],
    ids=["none", "one", "passing", "one_fails", "many_fail"],
)
def test_a_rule_is_named_with_its_worst_segment(
    segments: int, tripped: int, segment: str, text: str
) -> None:
    status = Status.FAIL if tripped else Status.PASS
    rule = RuleRow("mean", "mean", (), "", "keep", status, 0, None, 1, segments, tripped, segment)
    assert rule_cell(rule) == text


def test_a_segment_stands_behind_its_rule() -> None:
    assert (named("mean", "EWR"), named("mean", "")) == ("mean [EWR]", "mean")
