"""What a release says and by what it is judged: values in, values out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq_monitor.errors import PackInvalid
from dq_monitor.model.quarantine import (
    COMPRESSED,
    HeldRows,
    Release,
    ReleaseKind,
    read_rows,
    rows_of,
    spell_rows,
    tally,
)
from dq_monitor.model.rule import OnFail
from dq_monitor.model.terms import release_in, release_words, terms
from dq_monitor.packs import parse_pack

PACK = parse_pack(
    """
table: silver.trips
gate: {max_quarantined: 5%}
rules:
  - not_null: trip
  - in_range: {column: miles, min: 0}
    on_fail: drop
  - in_set: {column: carrier, values: [AA]}
    warn: {over: 0}
  - unique: trip
    error: {over: 10%}
  - row_count: {}
    error: {below: 100}
  - mean: miles
    scope: table
    error: {outside: [0, 9]}
""",
    "trips.yaml",
)


@given(st.sets(st.integers(0, 10_000)))
def test_row_numbers_come_back_as_they_were_written(numbers: set[int]) -> None:
    assert read_rows(spell_rows(numbers)) == sorted(numbers)


def test_long_row_numbers_are_compressed_and_ranges_are_short() -> None:
    assert spell_rows(range(1_000_000)) == "0-999999"
    scattered = spell_rows(range(0, 20_000, 2))
    assert scattered.startswith(COMPRESSED)
    assert len(scattered) < 40_000
    assert read_rows(scattered) == list(range(0, 20_000, 2))


def test_replayed_rows_are_asked_what_holds_for_any_row_and_all_go_in_or_none() -> None:
    asked = terms(PACK, Release(ReleaseKind.REPLAY, "w1"))
    assert {rule.id: rule.on_fail for rule in asked.rules} == {
        "not_null.trip": OnFail.BLOCK,
        "in_range.miles": OnFail.BLOCK,
        "in_set.carrier": OnFail.KEEP,
        "unique.trip": OnFail.BLOCK,
        "mean.miles": OnFail.BLOCK,
    }
    assert asked.gate.max_quarantined is None
    assert all(str(r.error) == "over 0" for r in asked.rules if r.id.startswith(("not", "un")))


@pytest.mark.parametrize(
    ("release", "rules"),
    [
        (None, 6),
        (Release(ReleaseKind.REPLAY, "w1", whole=True), 6),
        (Release(ReleaseKind.WAIVE, "w1", whole=True), 0),
        (Release(ReleaseKind.WAIVE, "w1"), 0),
    ],
    ids=["no release", "batch again", "batch waived", "rows waived"],
)
def test_what_else_is_judged_by(release: Release | None, rules: int) -> None:
    assert len(terms(PACK, release).rules) == rules


def test_a_commit_says_enough_of_a_release_to_know_it_again() -> None:
    held = tally(3, {"b": 1, "a": 2})
    release = Release(ReleaseKind.WAIVE, "w1", "ann", "fine", held, "0-2")
    assert release_in(release_words(release)) == release
    assert held == (HeldRows("", 3), HeldRows("a", 2), HeldRows("b", 1))
    assert rows_of(held) == 3
    assert release_in(release_words(Release(ReleaseKind.REPLAY, "w1", whole=True))) is None
    assert release_words(None) == {}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("table: quarantine_states.a", "quarantine_states.* is where refused rows go"),
        ("table: a.b\nquarantine: {keep_for: 90}", "90 has no unit: write 90h, 90m or 90d"),
        ("table: a.b\nquarantine: {keep: 90d}", "did you mean 'keep_for'"),
    ],
    ids=["reserved layer", "no unit", "unknown key"],
)
def test_a_pack_that_is_wrong_about_quarantine_is_refused(text: str, words: str) -> None:
    with pytest.raises(PackInvalid) as error:
        parse_pack(text, "trips.yaml")
    assert words in str(error.value)
