"""The language of metrics: what it answers, what it refuses, and that SQLite agrees."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from typing import Any

import narwhals.stable.v2 as nw
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars._typing import PolarsDataType

from dq_monitor.checks.metric import Metric
from dq_monitor.expression.metric import parse_metric
from dq_monitor.model.view import View

NOW = datetime(2013, 1, 2, tzinfo=UTC)
SCHEMA: dict[str, PolarsDataType] = {
    "i": pl.Int8,
    "j": pl.Int64,
    "x": pl.Float64,
    "s": pl.String,
    "b": pl.Boolean,
    "d": pl.Date,
    "n": pl.Null,
}
ROWS = [
    (1, 2**62, 0.5, "a", True, None, None),
    (2, 2**62, float("nan"), "b", False, None, None),
    (None, 2**62, 2.5, "a", None, None, None),
    (4, 2**62, None, None, True, None, None),
]


def ask(text: str, rows: list[Any], schema: dict[str, PolarsDataType]) -> float | None:
    frame = nw.from_native(pl.LazyFrame(rows, schema=schema, orient="row"))
    view, check = View(frame.collect_schema(), NOW), Metric(metric=text)
    parts = check.aggregates(view)
    reduced: pl.LazyFrame = frame.select(**{n: part.expr for n, part in parts.items()}).to_native()
    return check.measure(reduced.collect(engine="streaming").row(0, named=True), view).value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("count(*)", 4),
        ("count(1)", 4),
        ("count(i)", 3),
        ("count(x)", 2),  # NaN is no value
        ("count(d)", 0),
        ("count(n)", 0),
        ("count(distinct s)", 2),
        ("count(distinct i % 2)", 2),
        ("count(distinct b)", 2),
        ("count(distinct lower(s))", 2),
        ("sum(i)", 7),
        ("sum(i + 1)", 10),
        ("sum(j)", 2.0**64),  # does not wrap around
        ("sum(n)", None),
        ("avg(x)", 1.5),
        ("avg(i) / 0", None),
        ("sum(i) / (count(*) - 4)", None),
        ("min(x) + max(x)", 3),
        ("max(length(s))", 1),
        ("stddev(x)", 2**0.5),
        ("stddev_samp(x)", 2**0.5),
        ("variance(i)", 7 / 3),
        ("var_samp(i)", 7 / 3),
        ("stddev(case when i = 1 then 1.0 end)", None),
        ("median(i)", 2),
        ("sum(case when b then 1 else 0 end) / count(*)", 0.5),
        ("sum(case when b then 1 end) / count(b)", 2 / 3),
        ("-sum(i) * 2 + 1.5", -12.5),
        ("abs(-avg(i))", 7 / 3),
        ("coalesce(sum(n), 3)", 3),
        ("count(*) / nullif(count(d), 0)", None),
        ("sum(coalesce(i, 0))", 7),
        ("max(year(d))", None),
        ("sum(i) - sum(i)", 0),
    ],
)
def test_answers_over_all_rows(text: str, expected: float | None) -> None:
    assert ask(text, ROWS, SCHEMA) == (None if expected is None else pytest.approx(expected))


@pytest.mark.parametrize(
    ("text", "expected"), [("count(*)", 0), ("sum(i)", None), ("count(i) + 1", 1), ("max(i)", None)]
)
def test_empty_table_has_counts_and_nothing_else(text: str, expected: float | None) -> None:
    assert ask(text, [], SCHEMA) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("price", "column 'price' stands outside an aggregate: take its AVG"),
        ("sum(price) / price", "ask each row with `expression`"),
        ("2 * 3", "asks nothing of the table"),
        ("sum(avg(x))", "aggregates are not supported here: AVG"),
        ("sum(x) over ()", "WINDOW is not supported between"),
        ("count(*) filter (where x > 1)", "FILTER is not supported between"),
        ("sum(x) > 2", "GT is not supported between aggregates"),
        ("mean(x)", "MEAN is not supported in a metric"),
        ("stddev_pop(x)", "STDDEV_POP is not supported in a metric; did you mean 'STDDEV'"),
        ("upper(s)", "function UPPER is not supported in a metric"),
        ("sum(1)", "SUM reads no column"),
        ("sum(distinct x)", "DISTINCT and \\* are for COUNT"),
        ("count(distinct x, y)", "takes one expression"),
        ("min(x, y)", "MIN takes one expression"),
        ("'x' + count(*)", "'x' is no number"),
        ("count(*) / (select 1)", "sub-queries are not supported"),
        ("nullif(count(*))", "Required|something is missing|takes 2"),
        ("", "is empty"),
        (" + ".join(["count(*)"] * 60), "nested more than"),
    ],
)
def test_refuses_with_one_line_that_says_why(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as raised:
        parse_metric(text)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("sum(y)", "no column 'y'"),
        ("sum(s)", "column 's' is a string, SUM needs an integer or number"),
        ("max(d)", "column 'd' is a date, MAX needs"),
        ("avg(x > 1)", "> comparison is a boolean, AVG needs"),
        ("sum(x + s)", "\\+ needs"),
    ],
)
def test_types_that_do_not_fit_are_refused_before_any_row_is_read(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        ask(text, [], SCHEMA)


def test_columns_come_once_in_the_order_of_the_text() -> None:
    assert parse_metric('sum(b - "a.b") / count(a) + max(b)').columns == ("b", "a.b", "a")


def test_infinities_that_cancel_are_an_error() -> None:
    rows: list[Any] = [(float("inf"),), (float("-inf"),)]
    with pytest.raises(ValueError, match="are infinite: it has no SUM"):
        ask("sum(x)", rows, {"x": pl.Float64})


# SQLite as the oracle: it shares the semantics of null, and nothing else with us.
VALUES = st.sampled_from(
    ["i", "x", "i + x", "i * 2", "abs(i)", "coalesce(i, 0)", "case when i > x then 1.5 else i end"]
)
SUMMARIES = st.just("count(*)") | st.builds(
    "{}{})".format,
    st.sampled_from(["count(", "sum(", "avg(", "min(", "max(", "count(distinct "]),
    VALUES,
)
METRICS: st.SearchStrategy[str] = st.deferred(
    lambda: st.one_of(
        SUMMARIES,
        st.builds("({} {} {})".format, METRICS, st.sampled_from("+-*"), METRICS),
        st.builds("(1.0 * {} / {})".format, METRICS, METRICS),
        st.builds("coalesce({}, {})".format, METRICS, st.sampled_from(["0", "-1.5"])),
        st.builds("nullif({}, {})".format, METRICS, st.sampled_from(["0", "2"])),
        st.builds("-abs({})".format, METRICS),
    )
)
TABLES = st.lists(
    st.tuples(st.none() | st.integers(-5, 5), st.none() | st.sampled_from([-1.5, 0.0, 0.5, 2.0])),
    max_size=8,
)


@settings(max_examples=150, deadline=None)
@given(text=METRICS, rows=TABLES)
def test_sqlite_gives_the_same_values(text: str, rows: list[Any]) -> None:
    try:
        parse_metric(text)
    except ValueError:
        return  # too long
    found = sqlite(text, rows)
    assert ask(text, rows, {"i": pl.Int8, "x": pl.Float64}) == (
        None if found is None else pytest.approx(found, rel=1e-9, abs=1e-9)
    )


def sqlite(text: str, rows: list[Any]) -> float | None:
    with sqlite3.connect(":memory:") as store:
        store.execute("create table t (i integer, x real)")
        store.executemany("insert into t values (?, ?)", rows)
        ((found,),) = store.execute(f"select {text} from t").fetchall()  # noqa: S608 - ours
    store.close()
    return None if found is None else float(found)
