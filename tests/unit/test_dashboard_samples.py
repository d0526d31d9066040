"""Masking: the kind and rough length of a value, and nothing of the value."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.samples import shown
from dq_monitor.masks import masked


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        ("", "••• text, empty"),
        ("JFK", "••• text, 2–3 long"),  # noqa: RUF001 - the dash that is shown
        ("x", "••• text, 1 long"),
        (1701, "••• integer, 4–7 long"),  # noqa: RUF001
        (True, "••• yes/no"),
        (12.5, "••• decimal"),
        (date(2013, 2, 8), "••• date"),
        (datetime(2013, 2, 8, tzinfo=UTC), "••• time"),
        (b"x", "••• value"),
    ],
    ids=["null", "empty", "word", "letter", "integer", "bool", "float", "date", "time", "bytes"],
)
def test_a_masked_value_tells_its_kind_only(value: object, text: str) -> None:
    assert masked(value) == text


@settings(deadline=None)
@given(st.text(alphabet="XYZ0189", min_size=1))
def test_no_character_of_a_text_survives_the_mask(value: str) -> None:
    words, _, length = masked(value).partition(", ")
    assert not set(value) & set(words)
    assert len(length) <= len("512–1023 long")  # noqa: RUF001


@settings(deadline=None)
@given(st.integers(1, 400))
def test_lengths_are_told_by_powers_of_two(length: int) -> None:
    low, _, high = masked("x" * length).split(", ")[1].removesuffix(" long").partition("–")  # noqa: RUF001
    assert int(low) <= length <= int(high or low)


def test_a_shown_value_is_bounded_and_free_of_control_characters() -> None:
    assert shown("a\u202e" + "b" * 500).startswith(r"a\u202e")
    assert len(shown("b" * 500)) == 80
