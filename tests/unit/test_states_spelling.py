"""States are written as text and read again as they were; what was damaged is noticed."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq_monitor.engines.rule_states import RuleState
from dq_monitor.states.spelling import read, spell

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**80), 2**80)
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
    | st.dates()
    | st.times()
    | st.datetimes()
    | st.datetimes(timezones=st.just(UTC))
    | st.timedeltas()
    | st.decimals(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=4,
)
SEGMENTS = st.builds(RuleState, st.integers(0), st.integers(0), st.dictionaries(st.text(), VALUES))
STATES = st.builds(
    RuleState,
    st.integers(0),
    st.integers(0),
    st.dictionaries(st.text(), VALUES),
    st.dictionaries(st.text(), SEGMENTS),
    st.integers(0),
    st.booleans(),
)


@given(STATES)
def test_a_state_is_read_as_it_was_written(state: RuleState) -> None:
    assert read(spell(state)) == state


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -0.0, 5e-324])
def test_numbers_that_json_does_not_have_are_kept(value: float) -> None:
    found = read(spell(RuleState(parts={"x": value}))).parts["x"]
    assert repr(found) == repr(value)


@pytest.mark.parametrize(
    "value",
    [1, True, "1", 1.0, date(2013, 1, 1), datetime(2013, 1, 1, tzinfo=UTC), time(1), Decimal(1)],
    ids=repr,
)
def test_a_value_keeps_its_type(value: Any) -> None:
    assert type(read(spell(RuleState(parts={"x": value}))).parts["x"]) is type(value)


def test_what_has_no_spelling_is_refused() -> None:
    with pytest.raises(ValueError, match="a set has no spelling"):
        spell(RuleState(parts={"x": {timedelta(1)}}))


@given(st.data())
def test_a_changed_character_is_noticed(data: st.DataObject) -> None:
    text = spell(RuleState(12, 345, {"sum": 6789}))
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from("0123456789abc{}").filter(lambda sign: sign != text[at]))
    with pytest.raises(ValueError, match="damaged"):
        read(text[:at] + other + text[at + 1 :])
