"""Rules and pandera's checks that are taken for the same answer the same."""

from __future__ import annotations

from datetime import UTC, date, datetime, timezone
from typing import Any

import narwhals.stable.v2 as nw
import pandera.polars as pa
import polars as pl
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from dq_monitor.counterparts import NoCounterpart, PanderaCheck, check_of, escaped, rule_of
from dq_monitor.engines.polars import evaluate
from dq_monitor.model.view import View
from dq_monitor.packs import parse_pack

NOW = datetime(2013, 1, 2, tzinfo=UTC)
NEW_YEAR = date(2013, 1, 1)
TEXTS = ["", "a", "ab", "b", "a.b", "N1", "xN1", "é", "a\nb", "(", "a|b"]
NUMBERS = [*range(-3, 4), 10**12]
DAYS = [date(2012, 12, 31), NEW_YEAR, date(2013, 1, 2)]
MOMENTS = [datetime(2013, 1, 1, hour, tzinfo=UTC) for hour in (0, 5, 6)]

CHECKS: list[tuple[pl.DataType, list[Any], PanderaCheck]] = [
    (pl.Int64(), NUMBERS, PanderaCheck("equal_to", {"value": 2})),
    (pl.Int64(), NUMBERS, PanderaCheck("isin", {"allowed_values": [1, 2]})),
    (pl.Int64(), NUMBERS, PanderaCheck("greater_than", {"min_value": 1})),
    (pl.Int64(), NUMBERS, PanderaCheck("greater_than_or_equal_to", {"min_value": 1})),
    (pl.Int64(), NUMBERS, PanderaCheck("less_than", {"max_value": 1})),
    (pl.Int64(), NUMBERS, PanderaCheck("less_than_or_equal_to", {"max_value": 1})),
    (pl.Float64(), [-0.5, 0.0, 1.5], PanderaCheck("in_range", {"min_value": 0, "max_value": 1.5})),
    (
        pl.Int64(),
        NUMBERS,
        PanderaCheck("in_range", {"min_value": 0, "max_value": 2, "include_max": False}),
    ),
    (pl.Date(), DAYS, PanderaCheck("greater_than", {"min_value": NEW_YEAR})),
    (pl.Date(), DAYS, PanderaCheck("isin", {"allowed_values": [NEW_YEAR]})),
    (
        pl.Datetime("us", "UTC"),
        MOMENTS,
        PanderaCheck("less_than_or_equal_to", {"max_value": MOMENTS[1]}),
    ),
    (pl.String(), TEXTS, PanderaCheck("isin", {"allowed_values": ["a", "é"]})),
    (pl.String(), TEXTS, PanderaCheck("isin", {"allowed_values": "ab"})),
    (pl.String(), TEXTS, PanderaCheck("str_matches", {"pattern": "N[0-9]|b"})),
    (pl.String(), TEXTS, PanderaCheck("str_contains", {"pattern": "N|^a$"})),
    (pl.String(), TEXTS, PanderaCheck("str_startswith", {"string": "a."})),
    (pl.String(), TEXTS, PanderaCheck("str_endswith", {"string": "|b"})),
    (pl.String(), TEXTS, PanderaCheck("str_length", {"min_value": 1, "max_value": 2})),
    (pl.String(), TEXTS, PanderaCheck("str_length", {"exact_value": 1})),
    (pl.Boolean(), [True, False], PanderaCheck("equal_to", {"value": True})),
]


@pytest.mark.parametrize(
    ("dtype", "cells", "check"), CHECKS, ids=[check.name for _, _, check in CHECKS]
)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_the_rule_fails_the_rows_that_pandera_fails(
    dtype: pl.DataType, cells: list[Any], check: PanderaCheck, data: st.DataObject
) -> None:
    values = data.draw(st.lists(st.none() | st.sampled_from(cells), max_size=8))
    column = pl.Series("x", values, dtype=dtype)
    asked = getattr(pa.Check, check.name)(**check.arguments)
    said = asked(column.to_frame().lazy(), "x").check_output.collect().to_series()
    name, parameters = rule_of(check)
    entry = {name: {"column": "x", **parameters}}
    pack = parse_pack(yaml.safe_dump({"table": "a.b", "rules": [entry]}), "pack.yaml")
    frame = column.to_frame().lazy()
    view = View(nw.from_native(frame).collect_schema(), NOW, "America/New_York")
    (seen,) = evaluate(frame, pack.rules, view, {}, None)
    assert (seen.error, seen.failing) == (None, int((~said).sum()))


@pytest.mark.parametrize(
    "check",
    [
        PanderaCheck("unique_values_eq", {"values": [1]}),
        PanderaCheck("in_range", {"min_value": "a", "max_value": "b"}),
        PanderaCheck("equal_to", {"value": b"x"}),
        PanderaCheck("isin", {"allowed_values": []}),
        PanderaCheck("isin", {"allowed_values": [float("inf")]}),
        PanderaCheck("greater_than", {}),
    ],
)
def test_what_no_rule_asks_is_left_to_pandera(check: PanderaCheck) -> None:
    with pytest.raises(NoCounterpart):
        rule_of(check)


RANGE = {"min": None, "max": None, "exclusive_min": False, "exclusive_max": False}


@pytest.mark.parametrize(
    ("name", "parameters", "dtype", "reason"),
    [
        ("mean", {}, None, "no check like mean"),
        ("length", {"min": 1, "max": 2, "unit": "bytes"}, pl.String(), "counts characters"),
        ("in_range", {**RANGE, "min": "2013-01-01T05:00:00"}, pl.Date(), "dates alone"),
        ("in_range", {**RANGE, "min": "2013-01-01T05:00Z"}, pl.Datetime("us"), "without a zone"),
        ("in_range", {**RANGE, "min": "2013-01-01"}, None, "text or a date"),
        ("in_set", {"values": (1.5,)}, pl.Int64(), "whole numbers alone"),
    ],
)
def test_what_pandera_cannot_ask_is_told(
    name: str, parameters: dict[str, Any], dtype: pl.DataType | None, reason: str
) -> None:
    with pytest.raises(NoCounterpart, match=reason):
        check_of(name, parameters, dtype, "UTC")


def test_times_are_read_in_the_zone_of_the_table() -> None:
    found: PanderaCheck = check_of(
        "in_range", {**RANGE, "min": "2013-01-01"}, pl.Datetime("us", "UTC"), "America/New_York"
    )
    moment = datetime(2013, 1, 1, 5, tzinfo=timezone.utc)  # noqa: UP017 - what the script says
    assert found.arguments == {"min_value": moment}


@settings(deadline=None)
@given(st.text(max_size=5))
def test_escaped_text_matches_itself_alone(text: str) -> None:
    found = pl.Series([text, f"{text}x"]).str.contains(f"^{escaped(text)}$")
    assert found.to_list() == [True, False]
