"""Error texts lose their values and keep their names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq_monitor.lineage.scrub import LONGEST, scrub


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain words", "plain words"),
        ("first line\nJane Doe", "first line"),
        ("no value 'Jane Doe' here", "no value '…' here"),
        ("column 'dep_delay' holds `Jane`", "column 'dep_delay' holds `…`"),
        (
            "conversion from `str` to `i64` failed in column 'x' for 1 out of 3 values: [\"a\"]",
            "conversion from `str` to `i64` failed in column 'x' for 1 out of 3 values: […]",
        ),
        ("values: [1, 2, 3", "values: […]"),
        ("don't use 'Jane' or 'Joe'", "don't use '…' or '…'"),
        ('name "O\'Brien" is odd', 'name "…" is odd'),
        ("cut off at 'Jane D", "cut off at '…'"),
        ("rule 'in_set.origin' saw\t'XXX'", "rule 'in_set.origin' saw '…'"),
        ("", ""),
    ],
)
def test_quotes_and_lists_are_hidden(text: str, expected: str) -> None:
    assert scrub(text) == expected


@given(
    st.text(st.characters(exclude_characters="'\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029")),
    st.sampled_from(["saw '{}'", "got '{}' and 'b'", "it's '{}'", "list ['{}', 1]"]),
)
def test_a_quoted_value_never_survives(value: str, frame: str) -> None:
    canary = f"canary{value}"
    assert "canary" not in scrub(frame.format(canary))


def test_long_texts_are_cut() -> None:
    assert len(scrub("x" * 9000)) == LONGEST
