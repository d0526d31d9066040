"""Clock changes, late rows and stored ones: examples where the oracle alone does not convince."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import narwhals.stable.v2 as nw
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from dq_monitor.engines.polars import evaluate
from dq_monitor.expression.zones import changes, wall_clock
from dq_monitor.model.view import View
from dq_monitor.registry import plug
from tests.catalogue.asking import cases, expect, rows_of, rule_of, view_of
from tests.catalogue.case import Case, frames

NEW_YORK = "America/New_York"
ZONES = ("America/New_York", "Europe/Berlin", "UTC", "Asia/Kolkata", "Africa/Casablanca")
ZONED = (
    *("calendar", "column_lag", "freshness", "ingestion_delay", "no_gaps", "older_than"),
    *("records_per_window", "within_last"),
)


def build(name: str, **parameters: Any) -> Any:
    return TypeAdapter(plug("dq_monitor.checks", name, "check")).validate_python(parameters)


def view(frame: pl.DataFrame, now: datetime, zone: str = NEW_YORK) -> View:
    return View(nw.from_native(frame.lazy()).collect_schema(), now, zone)


def passing(check: Any, frame: pl.DataFrame, now: datetime) -> list[bool | None]:
    rows = nw.from_native(frame).select(check.passes(view(frame, now)).alias("answer"))
    return rows.to_native()["answer"].to_list()


def value(check: Any, frame: pl.DataFrame, zone: str = NEW_YORK) -> float | None:
    seen = view(frame, datetime(2013, 7, 1, tzinfo=UTC), zone)
    state = check.query(nw.from_native(frame.lazy()), None, seen).to_native().collect()
    measured: float | None = check.measure(state.row(0, named=True), seen).value
    return measured


def failing(check: Any, rows: pl.DataFrame, stored: pl.DataFrame | None = None) -> list[Any]:
    others = None if stored is None else nw.from_native(stored.lazy())
    found = check.failing(nw.from_native(rows.lazy()), others).to_native().collect()
    assert found.columns == list(check.columns())
    return sorted(found.rows())


def test_days_go_back_on_the_wall_clock_over_a_clock_change() -> None:
    # midnight there, after a day of 25 hours
    now = datetime(2013, 11, 4, 5, tzinfo=UTC)
    days = pl.DataFrame({"x": [date(2013, 11, 2), date(2013, 11, 3)]})
    assert passing(build("within_last", column="x", duration="1d"), days, now) == [False, True]
    assert passing(build("within_last", column="x", duration="24h"), days, now) == [False, False]
    assert passing(build("older_than", column="x", duration="1d"), days, now) == [True, False]


def test_weekday_is_that_of_the_table_even_where_utc_has_another() -> None:
    midnight = datetime(2013, 7, 1, 4, tzinfo=UTC)
    instants = pl.DataFrame({"x": [midnight - timedelta(minutes=1), midnight]})
    moments = instants.select(pl.col("x").dt.replace_time_zone(None))
    check = build("calendar", column="x", weekdays=["mon"])
    now = datetime(2013, 7, 1, tzinfo=UTC)
    assert passing(check, instants, now) == [False, True]
    assert passing(check, moments, now) == [True, True]


@pytest.mark.parametrize("day", [date(2013, 3, 10), date(2013, 11, 3)], ids=["forward", "back"])
def test_no_hour_is_missing_on_the_day_of_a_clock_change(day: date) -> None:
    first = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(NEW_YORK)).astimezone(UTC)
    instants = pl.DataFrame({"x": [first + timedelta(hours=n) for n in range(30)]})
    naive = instants.select(
        pl.col("x").dt.convert_time_zone(NEW_YORK).dt.replace_time_zone(None)
    ).with_columns(g=pl.lit(1))
    gaps = build("no_gaps", column="x", every="1h")
    counts = build("records_per_window", column="x", every="1h", min=1)
    for check in (gaps, counts, replace(gaps, by=("g",)), replace(counts, by=("g",))):
        assert value(check, naive) == 0
        assert value(check, naive.slice(10).vstack(naive.head(5))) == 5
    assert value(gaps, instants) == 0
    assert value(build("no_gaps", column="x", every="1d"), instants) == 0


def test_an_hour_that_the_clocks_skip_is_missing_where_they_do_not() -> None:
    midnight = datetime(2013, 3, 10, tzinfo=UTC)
    hours = pl.DataFrame({"x": [midnight + timedelta(hours=hour) for hour in (0, 1, 3, 4)]})
    hours = hours.select(pl.col("x").dt.replace_time_zone(None))
    assert value(build("no_gaps", column="x", every="1h"), hours, NEW_YORK) == 0
    assert value(build("no_gaps", column="x", every="1h"), hours, "UTC") == 1


def test_numbers_at_both_ends_of_64_bits_have_a_distance() -> None:
    ends = pl.DataFrame({"x": [-(2**63), 2**63 - 1]})
    assert value(build("no_gaps", column="x"), ends) == pytest.approx(2**64)
    near = pl.DataFrame({"x": [2**61, 2**61 + 2]})
    assert value(build("no_gaps", column="x"), near) == 1


def test_late_row_fails_where_it_spoils_a_stored_one() -> None:
    stored = pl.DataFrame({"t": [1, 3], "x": [10, 12]})
    late = pl.DataFrame({"t": [2, 4], "x": [50, 11]})
    check = build("monotonic", column="x", order_by="t")
    assert failing(check, late, stored) == [(2, 50), (4, 11)]
    assert failing(check, late) == [(4, 11)]


def test_status_of_a_late_row_must_lead_to_the_stored_one_after_it() -> None:
    may = {"new": ["paid"], "paid": ["sent"]}
    check = build("allowed_transitions", column="s", order_by="t", transitions=may)
    stored = pl.DataFrame({"t": [1, 5], "s": ["new", "sent"]})
    assert failing(check, pl.DataFrame({"t": [3], "s": ["paid"]}), stored) == []
    assert failing(check, pl.DataFrame({"t": [3], "s": ["new"]}), stored) == [(3, "new")]


def test_batch_goes_on_where_the_stored_sequence_ends() -> None:
    check = build("sequential", column="n", by="g")
    stored = pl.DataFrame({"g": ["a", "a", "b"], "n": [1, 2, 7]})
    batch = pl.DataFrame({"g": ["a", "a", "b", "c"], "n": [3, 5, 7, 9]})
    assert failing(check, batch, stored) == [("a", 5), ("b", 7)]


def test_interval_that_lies_within_a_stored_one_far_back_overlaps() -> None:
    check = build("no_overlap", start="s", end="e")
    stored = pl.DataFrame({"s": [0, 2, 4], "e": [100, 3, 5]})
    assert failing(check, pl.DataFrame({"s": [50, 100], "e": [60, 110]}), stored) == [(50, 60)]


@pytest.mark.parametrize(
    ("name", "parameters", "columns"),
    [
        ("monotonic", {"column": "x", "order_by": "t", "by": "g"}, "gtx"),
        ("sequential", {"column": "x", "by": "g"}, "gx"),
        ("no_overlap", {"start": "t", "end": "x", "by": "g"}, "gtx"),
    ],
)
def test_narrow_batch_is_held_against_wide_stored_rows(
    name: str, parameters: dict[str, Any], columns: str
) -> None:
    stored = pl.DataFrame({column: [1, 5] for column in columns})
    batch = stored.cast(pl.Int16)
    others = nw.from_native(stored.lazy())
    found = build(name, **parameters).failing(nw.from_native(batch.lazy()), others)
    assert found.collect_schema().to_polars() == batch.schema


@pytest.mark.parametrize("name", ["monotonic", "sequential", "no_overlap", "allowed_transitions"])
def test_column_without_any_value_fails_nothing(name: str) -> None:
    parameters: dict[str, dict[str, Any]] = {
        "monotonic": {"column": "x", "order_by": "t"},
        "sequential": {"column": "x"},
        "no_overlap": {"start": "t", "end": "x"},
        "allowed_transitions": {"column": "x", "order_by": "t", "transitions": {"a": ["b"]}},
    }
    rows = pl.DataFrame({"t": [1, 2], "x": [None, None]})
    assert failing(build(name, **parameters[name]), rows, rows) == []


def test_clock_changes_of_a_zone_are_known_to_the_second() -> None:
    found = [change.at for change in changes(NEW_YORK) if change.at.year == 2013]
    assert found == [datetime(2013, 3, 10, 7, tzinfo=UTC), datetime(2013, 11, 3, 6, tzinfo=UTC)]
    assert changes("UTC") == ()


@pytest.mark.parametrize("zone", ZONES)
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_wall_clock_without_time_zones_is_that_of_python(zone: str, data: st.DataObject) -> None:
    near = [change.at + timedelta(seconds=s) for change in changes(zone) for s in (-1, 0)]
    moments = st.datetimes(datetime(1970, 1, 2), datetime(2099, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001 - bounds of hypothesis
    drawn = data.draw(st.lists(st.sampled_from(near) | moments if near else moments, max_size=50))
    rows = pl.DataFrame({"x": drawn}, schema={"x": pl.Datetime("us", "UTC")})
    shown = nw.from_native(rows).select(wall_clock(nw.col("x"), zone).alias("x")).to_native()
    there = [moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for moment in drawn]
    assert shown["x"].to_list() == there


# Building these expressions takes seconds: `make fuzz` asks more.
EXAMPLES = max(2, int(os.environ.get("DQM_EXAMPLES", "0")) // 50)
PORTABLE = {label: case for label, case in cases().items() if label.partition(":")[0] in ZONED}


@pytest.mark.parametrize("case", PORTABLE.values(), ids=PORTABLE)
@settings(max_examples=EXAMPLES, deadline=None)
@given(data=st.data())
def test_form_for_engines_without_time_zones_answers_the_same(
    case: Case, data: st.DataObject
) -> None:
    frame = data.draw(frames(case.columns, case.max_rows))
    rule = rule_of(case, lambda name: name)
    other = replace(view_of(frame), engine="another")
    (seen,) = evaluate(frame.lazy(), [rule], other, {}, None)
    expect(case, rows_of(frame), [], seen)
