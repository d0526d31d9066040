"""Impossible parameters of checks on time and order are refused when a pack is loaded."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import narwhals.stable.v2 as nw
import polars as pl
import pytest
from pydantic import TypeAdapter, ValidationError

from dq_monitor.model.view import View
from dq_monitor.registry import plug

NOW = datetime(2013, 1, 2, tzinfo=UTC)
STATES: dict[str, Any] = {"column": "a", "order_by": "t", "transitions": {"x": ["y"]}}


def build(name: str, **parameters: Any) -> Any:
    return TypeAdapter(plug("dq_monitor.checks", name, "check")).validate_python(parameters)


@pytest.mark.parametrize(
    ("name", "parameters", "reason"),
    [
        ("within_last", {"column": "a"}, "required"),
        ("within_last", {"column": "a", "duration": "soon"}, "not a duration"),
        ("within_last", {"column": "a", "duration": "999999999w"}, "too long"),
        ("older_than", {"column": "a", "duration": "-1d"}, "not a duration"),
        ("calendar", {"column": "a"}, "needs weekdays, business_days"),
        ("calendar", {"column": "a", "weekdays": ["monday"]}, "'mon'"),
        ("calendar", {"column": "a", "weekdays": ["mon"], "business_days": True}, "leave one"),
        ("calendar", {"column": "a", "holidays": ["Christmas"]}, "not a date such as"),
        ("calendar", {"column": "a", "month_days": [0]}, "greater than or equal to 1"),
        ("calendar", {"column": "a", "month_days": ["first"]}, "'last'"),
        ("calendar", {"column": "a", "from": "noon"}, "from 'noon' is not a time of day"),
        ("calendar", {"column": "a", "to": "05:30Z"}, "to '05:30Z' must be .* without a zone"),
        ("column_lag", {"column": "a", "other": "b"}, "needs at_least or at_most"),
        ("column_lag", {"column": "a", "other": "a", "at_most": "1h"}, "compared with itself"),
        (
            "column_lag",
            {"column": "a", "other": "b", "at_least": "2h", "at_most": "90m"},
            "at_least 2h is above at_most 90m",
        ),
        ("ingestion_delay", {"column": "a", "arrival": "a"}, "compared with itself"),
        ("ingestion_delay", {"column": "a", "arrival": "b", "of": "sum"}, "'max', 'mean' or 'min'"),
        ("freshness", {"column": "a", "by": "a"}, "a is named twice"),
        ("records_per_window", {"column": "a", "every": "1h"}, "needs min or max"),
        ("records_per_window", {"column": "a", "every": "1x", "min": 1}, "'1x' is no length"),
        ("records_per_window", {"column": "a", "every": "0d", "min": 1}, "'0d' is no length"),
        ("records_per_window", {"column": "a", "every": "1h", "min": 2, "max": 1}, "is above max"),
        ("no_gaps", {"column": "a", "every": 0}, "greater than or equal to 1"),
        ("no_gaps", {"column": "a", "every": "daily"}, "'daily' is no length"),
        ("no_gaps", {"column": "a", "by": ["b", "b"]}, "b is named twice"),
        ("monotonic", {"column": "a"}, "order_by"),
        ("monotonic", {"column": "a", "order_by": "a"}, "a is named twice"),
        ("monotonic", {"column": "a", "order_by": "t", "direction": "up"}, "'increasing'"),
        ("sequential", {"column": "a", "step": 0}, "greater than or equal to 1"),
        ("sequential", {"column": "a", "step": "0h"}, "longer than nothing"),
        ("sequential", {"column": "a", "by": "a"}, "a is named twice"),
        ("no_overlap", {"start": "a", "end": "a"}, "a is named twice"),
        ("allowed_transitions", {**STATES, "transitions": {}}, "at least 1"),
        ("allowed_transitions", {**STATES, "transitions": {"x": "y"}}, "valid tuple"),
        ("allowed_transitions", {**STATES, "by": "t"}, "t is named twice"),
    ],
)
def test_impossible_parameter_is_refused(
    name: str, parameters: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ValidationError, match=reason):
        build(name, **parameters)


VIEW = View(
    {"a": nw.String(), "d": nw.Date(), "t": nw.Datetime("us"), "n": nw.Int64()}, NOW, "Europe/Paris"
)
ROWS = pl.LazyFrame(
    schema={"a": pl.String, "d": pl.Date, "t": pl.Datetime("us"), "n": pl.Int64, "f": pl.Float64}
)


@pytest.mark.parametrize(
    ("name", "parameters", "reason"),
    [
        ("within_last", {"column": "a", "duration": "1d"}, "'a' is a string, within_last needs a"),
        ("older_than", {"column": "n", "duration": "1d"}, "'n' is an integer, older_than needs a"),
        ("calendar", {"column": "a", "weekdays": ["mon"]}, "'a' is a string, calendar needs a"),
        ("calendar", {"column": "d", "from": "05:00"}, "'d' is a date: it has no time of day"),
        ("column_lag", {"column": "t", "other": "n", "at_most": "1h"}, "'n' is an integer"),
        ("ingestion_delay", {"column": "a", "arrival": "t"}, "'a' is a string, ingestion_delay"),
        ("freshness", {"column": "a", "by": "n"}, "'a' is a string, freshness needs"),
        ("freshness", {"column": "t", "by": "m"}, "no column 'm'"),
        ("records_per_window", {"column": "d", "every": "1h", "min": 1}, "shorter than a day"),
        ("no_gaps", {"column": "t"}, "'t' is a timestamp .* every 1 needs an integer"),
        ("no_gaps", {"column": "n", "every": "1d"}, "'n' is an integer, no_gaps with every 1d"),
        ("no_gaps", {"column": "d", "every": "15m"}, "shorter than a day"),
        ("monotonic", {"column": "a", "order_by": "t"}, "'a' is a string, monotonic needs"),
        ("monotonic", {"column": "n", "order_by": "a"}, "'a' is a string, monotonic needs"),
        ("sequential", {"column": "f"}, "'f' is a number, sequential with step 1 needs an integer"),
        ("sequential", {"column": "n", "step": "1h"}, "'n' is an integer, sequential with step 1h"),
        ("sequential", {"column": "d", "step": "36h"}, "step 36h must be whole days"),
        ("no_overlap", {"start": "a", "end": "t"}, "'a' is a string, no_overlap needs"),
        ("no_overlap", {"start": "d", "end": "t"}, "needs two of one type"),
        ("allowed_transitions", {**STATES, "column": "f"}, "'f' is a number"),
        ("allowed_transitions", {**STATES, "column": "n"}, "'n' is an integer"),
        ("allowed_transitions", {**STATES, "order_by": "a", "column": "n"}, "'a' is a string"),
    ],
)
def test_wrong_type_is_refused_in_words(name: str, parameters: dict[str, Any], reason: str) -> None:
    check = build(name, **parameters)
    with pytest.raises(ValueError, match=reason):
        asked(check)


def asked(check: Any) -> None:
    if hasattr(check, "passes"):
        check.passes(VIEW)
    elif hasattr(check, "query"):
        check.query(nw.from_native(ROWS), None, VIEW)
    elif hasattr(check, "aggregates"):
        check.aggregates(VIEW)
    else:
        check.failing(nw.from_native(ROWS), None)


def test_stored_rows_of_another_type_are_refused() -> None:
    check = build("monotonic", column="n", order_by="t")
    stored = nw.from_native(pl.LazyFrame(schema={"n": pl.String, "t": pl.Datetime("us")}))
    with pytest.raises(ValueError, match="column 'n' is Int64 here and String where"):
        check.failing(nw.from_native(ROWS), stored)
