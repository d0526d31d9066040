"""The first that fails, by halves or one after the other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq_monitor.way_back.search import first_failing


@given(good=st.integers(0, 300), bad=st.integers(0, 300))
def test_by_halves_the_first_is_found_with_few_questions(good: int, bad: int) -> None:
    asked: list[int] = []

    def fails(number: int) -> bool:
        asked.append(number)
        return number >= good

    found = first_failing(range(good + bad), fails, linear=False)
    assert found == (good if bad else None)
    assert len(asked) <= (good + bad).bit_length() + 1


@pytest.mark.parametrize(
    ("answers", "halves", "linear"),
    [
        ("", None, None),
        ("....", None, None),
        ("..xx", 2, 2),
        ("xxxx", 0, 0),
        (".xx.", None, 1),
        ("x..x", 3, 0),
    ],
)
def test_only_one_after_the_other_finds_what_passed_again(
    answers: str, halves: int | None, linear: int | None
) -> None:
    def fails(number: int) -> bool:
        return answers[number] == "x"

    many = range(len(answers))
    assert first_failing(many, fails, linear=False) == halves
    assert first_failing(many, fails, linear=True) == linear
