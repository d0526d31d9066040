"""Impossible parameters of aggregates and distributions are refused, in words that name them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import narwhals.stable.v2 as nw
import polars as pl
import pytest
from pydantic import TypeAdapter, ValidationError

from dq_monitor.model.check import Reference
from dq_monitor.model.view import View
from dq_monitor.registry import plug

NOW = datetime(2013, 1, 2, tzinfo=UTC)
BINS = {"edges": [0, 1], "shares": [1]}


def build(name: str, **parameters: Any) -> Any:
    return TypeAdapter(plug("dq_monitor.checks", name, "check")).validate_python(parameters)


@pytest.mark.parametrize(
    ("name", "parameters", "reason"),
    [
        ("quantile", {"column": "a"}, "at"),
        ("quantile", {"column": "a", "at": 1.5}, "less than or equal to 1"),
        ("quantile", {"column": "a", "at": float("nan")}, "at"),
        ("quantile", {"column": "a", "at": True}, "at"),
        ("correlation", {"column": "a", "other": "a"}, "a is held against itself"),
        ("correlation", {"column": "a", "other": "b", "method": "kendall"}, "'pearson' or"),
        ("mutual_information", {"column": "a", "other": "a"}, "name another column in other"),
        ("distinct_values", {"column": "a", "values": []}, "at least 1"),
        ("distinct_values", {"column": "a", "values": ["x", "x"]}, "'x' is listed twice"),
        ("distinct_values", {"column": "a", "values": [1, 1.0]}, "1.0 is listed twice"),
        ("distinct_values", {"column": "a", "values": [float("inf")]}, "finite number"),
        ("aggregate_by_group", {"by": "a", "aggregate": "count"}, "needs min or max"),
        ("aggregate_by_group", {"by": "a", "aggregate": "sum", "min": 1}, "sum needs a column"),
        ("aggregate_by_group", {"by": [], "aggregate": "count", "min": 1}, "at least 1"),
        ("aggregate_by_group", {"by": ["a", "a"], "aggregate": "count", "min": 1}, "named twice"),
        (
            "aggregate_by_group",
            {"by": "a", "aggregate": "count", "min": 3, "max": 2},
            "min 3 is above max 2",
        ),
        ("metric", {"metric": "a"}, "column 'a' stands outside an aggregate"),
        ("metric", {"metric": "1"}, "asks nothing of the table"),
        ("zscore", {"column": "a", "limit": 0}, "greater than 0"),
        ("zscore", {"column": "a", "by": ["a"]}, "a is compared and stands in by"),
        ("mad_outliers", {"column": "a", "by": ["g", "g"]}, "g is named twice"),
        ("iqr_outliers", {"column": "a", "k": -1}, "greater than or equal to 0"),
        ("drift", {"column": "a"}, "needs either baseline or against"),
        ("drift", {"column": "a", "baseline": BINS, "against": "t.b"}, "needs either"),
        ("drift", {"column": "a", "against": "b"}, "pattern"),
        ("drift", {"column": "a", "against": "t.b", "bins": 1}, "greater than or equal to 2"),
        ("drift", {"column": "a", "baseline": {}}, "either edges and shares, or categories"),
        ("drift", {"column": "a", "baseline": {"edges": [1], "shares": [1]}}, "1 edges and 1 s"),
        ("drift", {"column": "a", "baseline": {"edges": [1, 2, 3], "shares": [1]}}, "one share be"),
        ("drift", {"column": "a", "baseline": {"edges": [2, 1], "shares": [1]}}, "must grow"),
        ("drift", {"column": "a", "baseline": {"edges": [1, 2], "shares": [0.9]}}, "sum to 0.9"),
        ("drift", {"column": "a", "baseline": {"categories": {"x": 1.1}}}, "sum to 1.1"),
        ("drift", {"column": "a", "baseline": {"categories": {"x": -0.1}}}, "share of 'x' must be"),
        ("drift", {"column": "a", "baseline": {"categories": {"x": "y"}}}, "not 'y'"),
        ("drift", {"column": "a", "baseline": {"categories": ["x"]}}, "mapping from each text"),
        (
            "drift",
            {"column": "a", "baseline": {"categories": {"x": 1}}, "method": "wasserstein"},
            "wasserstein needs an order",
        ),
    ],
)
def test_impossible_parameter_is_refused(
    name: str, parameters: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ValidationError, match=reason):
        build(name, **parameters)


AGGREGATES = [
    *("min", "max", "sum", "stddev", "variance", "skewness", "kurtosis", "median"),
    "interquartile_range",
]


@pytest.mark.parametrize("name", AGGREGATES)
def test_aggregate_of_a_wrong_type_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"column 'a' is a string, {name} needs an integer or n"):
        build(name, column="a").aggregates(View({"a": nw.String()}, NOW))


@pytest.mark.parametrize("name", AGGREGATES)
def test_aggregate_of_a_time_says_what_to_ask_instead(name: str) -> None:
    with pytest.raises(
        ValueError, match=rf"is a date, {name} measures numbers: hold times against in_r"
    ):
        build(name, column="a").aggregates(View({"a": nw.Date()}, NOW))


@pytest.mark.parametrize("name", ["zscore", "mad_outliers", "iqr_outliers"])
def test_outliers_of_a_wrong_type_are_refused(name: str) -> None:
    keys = nw.from_native(pl.LazyFrame({"a": ["x"], "g": [1]}))
    with pytest.raises(ValueError, match=f"column 'a' is a string, {name} needs an integer or n"):
        build(name, column="a", by="g").failing(keys, None)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        *((name, {"column": "a"}) for name in (*AGGREGATES, "entropy", "most_common_value")),
        ("quantile", {"column": "a", "at": 0.5}),
        ("correlation", {"column": "a", "other": "b"}),
        ("correlation", {"column": "a", "other": "b", "method": "spearman"}),
        ("mutual_information", {"column": "a", "other": "b"}),
        ("distinct_values", {"column": "a", "values": ["x"]}),
        ("aggregate_by_group", {"by": "b", "aggregate": "sum", "column": "a", "min": 0}),
        ("metric", {"metric": "sum(a) / count(distinct a)"}),
        ("drift", {"column": "a", "baseline": BINS}),
        ("drift", {"column": "a", "baseline": {"categories": {"x": 1}}}),
    ],
)
@pytest.mark.parametrize("rows", [0, 3])
def test_column_without_a_type_has_no_value(
    name: str, parameters: dict[str, Any], rows: int
) -> None:
    check = build(name, **parameters)
    frame = nw.from_native(pl.LazyFrame({"a": [None] * rows, "b": [1] * rows}))
    view = View(frame.collect_schema(), NOW)
    assert check.measure(asked(check, frame, view), view).value is None


@pytest.mark.parametrize("name", ["zscore", "mad_outliers", "iqr_outliers"])
def test_no_value_of_a_column_without_a_type_fails(name: str) -> None:
    keys = nw.from_native(pl.LazyFrame({"a": [None, None]}))
    found: pl.LazyFrame = build(name, column="a").failing(keys, None).to_native()
    assert found.collect(engine="streaming").height == 0


def asked(check: Any, frame: nw.LazyFrame[Any], view: View) -> dict[str, Any]:
    if not hasattr(check, "query") or (hasattr(check, "reduces") and check.reduces(view)):
        parts = check.aggregates(view)
        state = frame.select(**{name: part.expr for name, part in parts.items()}).to_native()
    else:
        state = check.query(frame, None, view).to_native()
    row: dict[str, Any] = state.collect(engine="streaming").row(0, named=True)
    return row


@pytest.mark.parametrize(
    ("other", "parameters", "reason"),
    [
        ({"z": [1]}, {}, "ref.other: no column 'y'"),
        ({"y": ["x"]}, {}, "numbers or texts on both sides"),
        ({"y": [True]}, {}, "numbers or texts on both sides"),
        ({"y": [float("inf")]}, {"method": "wasserstein"}, "infinite values have no wasserstein"),
    ],
)
def test_drift_from_what_cannot_be_compared_is_an_error(
    other: dict[str, Any], parameters: dict[str, Any], reason: str
) -> None:
    check = build("drift", column="a", against="ref.other.y", **parameters)
    assert check.reference() == Reference("ref.other", ("y",))
    frame, others = (nw.from_native(pl.LazyFrame(f)) for f in ({"a": [1.5]}, other))
    view = View(frame.collect_schema(), NOW)
    with pytest.raises(ValueError, match=reason):
        check.measure(
            check.query(frame, others, view).to_native().collect().row(0, named=True), view
        )


def test_drift_of_texts_has_no_order() -> None:
    check = build("drift", column="a", against="t.a", method="ks")
    frame = nw.from_native(pl.LazyFrame({"a": ["x"]}))
    with pytest.raises(ValueError, match="ks needs an order: texts have none"):
        check.query(frame, frame, View(frame.collect_schema(), NOW))


def test_the_same_moment_written_in_two_ways_is_listed_twice() -> None:
    values = ["2013-01-01", "2013-01-01T00:00:00"]
    frame = nw.from_native(pl.LazyFrame({"a": [NOW.replace(tzinfo=None)]}))
    with pytest.raises(ValueError, match="the same timestamp without time zone twice"):
        build("distinct_values", column="a", values=values).query(
            frame, None, View(frame.collect_schema(), NOW)
        )
