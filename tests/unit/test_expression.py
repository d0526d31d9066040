"""The expression language: what it answers, what it refuses, and that SQLite agrees."""

from __future__ import annotations

import sqlite3
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import narwhals.stable.v2 as nw
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars._typing import PolarsDataType

from dq_monitor.expression import columns, compile_boolean, compile_value, parse
from dq_monitor.model.view import View

FRAME = pl.LazyFrame(
    {
        "i": [1, None],
        "j": [-7, 3],
        "w": [2**63 - 1, 0],
        "x": [1.5, float("nan")],
        "s": ["ab", " ü "],
        "b": [True, None],
        "d": [date(2013, 1, 1), None],
        "t": [datetime(2013, 1, 1, 5), None],  # noqa: DTZ001 - stored without a zone
        "n": [None, None],
        "my col": ["a.b", None],
        "year": [2013, 2014],
        "c": ["ab", "cd"],
        "m": [Decimal("1.25"), Decimal(2)],
    },
    schema_overrides={"i": pl.Int8, "c": pl.Categorical, "m": pl.Decimal(10, 2)},
).with_columns(z=pl.col("t").dt.replace_time_zone("America/New_York"))
VIEW = View(
    nw.from_native(FRAME).collect_schema(), datetime(2013, 1, 2, tzinfo=UTC), "America/New_York"
)
TRUTH = {"T": True, "F": False, "?": None}


def ask(expr: nw.Expr) -> list[Any]:
    lazy: pl.LazyFrame = nw.from_native(FRAME).select(answer=expr).to_native()
    return lazy.collect(engine="streaming")["answer"].to_list()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("i = 1", "T?"),
        ("i == 1 and j <> 3", "TF"),
        ("i is null", "FT"),
        ("i is not null", "TF"),
        ("b and i is null", "F?"),
        ("b or j = 3", "TT"),
        ("not b", "F?"),
        ("b is true", "TF"),
        ("b is not false", "TT"),
        ("b = true", "T?"),
        ("n > 1", "??"),
        ("n or b", "T?"),
        ("n + 1 > 0", "??"),
        ("n = n", "??"),
        ("i in (1, 2.0, 2.5)", "T?"),
        ("i in (2.5)", "F?"),
        ("i not in (2, 3)", "T?"),
        ("b in (true)", "T?"),
        ("s in ('ab', 'x')", "TF"),
        ("j between -7 and 0", "TF"),
        ("j not between -7 and 0", "FT"),
        ("s like 'a%'", "TF"),
        ("s like '_ü_'", "FT"),
        ("s not like '%b'", "FT"),
        ("s ilike 'AB'", "TF"),
        ("\"my col\" like 'a.b'", "T?"),
        ("\"my col\" like 'a_c'", "F?"),
        ("c = 'ab'", "TF"),
        ("c like '%d'", "FT"),
        ("i + 127 > 127", "T?"),
        ("w + 1 > 0", "?T"),
        ("w * w > 0", "?F"),
        ("j + w > 0", "?T"),
        ("w + w > 0", "?F"),
        ("0 - j > 0", "TF"),
        ("-j = 7", "TF"),
        ("j / 2 = -3.5", "TF"),
        ("j / 0 > 1", "??"),
        ("j % 0 = 0", "??"),
        ("j % 3 = -1", "TF"),
        ("x = 1.5", "T?"),
        ("x <> 1", "T?"),
        ("m = 1.25", "TF"),
        ("m * 2 = 4", "FT"),
        ("abs(j) = 7", "TF"),
        ("round(x) = 2", "T?"),
        ("round(j / 2) = -4", "TF"),
        ("round(m, 1) = 1.3", "TF"),
        ("floor(x) = 1 and ceil(x) = 2", "T?"),
        ("length(s) = 3", "FT"),
        ("upper(s) = 'AB'", "TF"),
        ("trim(s) = 'ü'", "FT"),
        ("left(s, 1) = 'a'", "TF"),
        ("right(s, 0) = ''", "TT"),
        ("substring(s, 2) = 'b'", "TF"),
        ("substring(s, 2, 1) = 'ü'", "FT"),
        ("case when i > 0 then b else false end", "TF"),
        ("case s when 'ab' then 1 end = 1", "T?"),
        ("coalesce(i, 0) = 0", "FT"),
        ("coalesce(x, i, 0) = 0", "FT"),
        ("nullif(j, 3) = -7", "T?"),
        ("cast(s as int) > 0", "??"),
        ("cast(x as int) = 1", "T?"),
        ("cast(b as int) = 1", "T?"),
        ("cast(d as text) = '2013-01-01'", "T?"),
        ("cast(z as date) = d", "T?"),
        ("d >= '2013-01-01'", "T?"),
        ("d < date '2013-01-01'", "F?"),
        ("t >= d", "T?"),
        ("t = '2013-01-01 05:00:00'", "T?"),
        ("z = t", "T?"),
        ("z = timestamp '2013-01-01 05:00:00'", "T?"),
        ("z = '2013-01-01T10:00:00Z'", "T?"),
        ("z + interval '1 day' > t", "T?"),
        ("t - d >= interval '5 hours'", "T?"),
        ("extract(epoch from z - d) = 18000", "T?"),
        ("year(d) = year and hour(z) = 5", "T?"),
        ("extract(month from t) = 1", "T?"),
    ],
)
def test_answers_as_sql_does_with_null_as_unknown(text: str, expected: str) -> None:
    assert ask(compile_boolean(text, VIEW)) == [TRUTH[sign] for sign in expected]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is empty"),
        ("i >", "something is missing"),
        ("i > 1)", "near '\\)'"),
        ("s = 'x", "a quote left open"),
        ("abs(i", "a bracket or CASE is left open"),
        ("substring(s) = 'x'", "at least 2 arguments"),
        ("1 = 1", "reads no column"),
        ("'EWR'", "reads no column"),
        ("i + 1", "not a yes-or-no question"),
        ("i = NULL", "use IS NULL"),
        ("i in (1, NULL)", "use IS NULL"),
        ("i in (j)", "list of literals"),
        ("s like c", "pattern in single quotes"),
        ("t.i = 1", "table is not supported"),
        ("max(i) > 1", "MAX asks the table"),
        ("lenght(s) > 1", "did you mean 'LENGTH'"),
        ("i is j", "NULL, TRUE or FALSE"),
        ("d > date '2013-02-30'", "not an ISO date"),
        ("d > d + interval '1 month'", "its units are"),
        ("d > d + interval '999999999 days'", "more than 100,000 days"),
        ("cast(i as decimal(100, 2)) > 1", "CAST to decimal"),
        ("round(x, i) > 1", "whole numbers"),
        ("round(x, 400) > 1", "from 0 to 15"),
        ("substring(s, 0) = 'a'", "counts from 1"),
        ("i > 1e999", "not a finite number"),
        ("i > 99999999999999999999", "does not fit 64 bits"),
        ("s between symmetric 'a' and 'b'", "symmetric"),
        ("s || 'x' = 'abx'", "DPIPE is not supported"),
        ("count(*) > 1", "COUNT asks the table"),
    ],
)
def test_refuses_with_one_line_that_says_why(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as raised:
        parse(text)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("yaer > 2000", "no column 'yaer'; did you mean 'year'"),
        ("I > 0", "no column 'I'"),
        ("i", "column 'i' is an integer, a condition needs a boolean"),
        ("b and i", "AND needs a boolean"),
        ("i > 'x'", "cannot be compared"),
        ("s > 1", "cannot be compared"),
        ("i in (true)", "cannot be compared"),
        ("b > true", "> cannot be asked"),
        ("s like 'a' and i like '1'", "LIKE needs a string"),
        ("s + 1 > 0", "\\+ needs an integer or number"),
        ("d + 1 > d", "add or subtract INTERVAL"),
        ("hour(d) = 1", "HOUR needs"),
        ("case when b then 1 else 'x' end = 1", "CASE mixes integer and string"),
        ("coalesce(i, s) = 1", "COALESCE mixes"),
        ("cast(t as int) > 1", "cannot be cast"),
        ("t > 'yesterday'", "not an ISO date or timestamp"),
        ("z < timestamp '9999-12-31 23:00:00'", "end of the calendar"),
    ],
)
def test_types_that_do_not_fit_are_refused_before_any_row_is_read(text: str, reason: str) -> None:
    parse(text)
    with pytest.raises(ValueError, match=reason):
        compile_boolean(text, VIEW)


def test_column_that_polars_would_read_as_a_pattern_is_refused() -> None:
    view = View({"^.*$": nw.Int64(), "a": nw.Int64()}, VIEW.now)
    with pytest.raises(ValueError, match="takes the name for a pattern"):
        compile_boolean('"^.*$" > 0', view)


def test_columns_come_once_in_the_order_of_the_text() -> None:
    assert columns('b > a and "my col" = b') == ("b", "a", "my col")


def test_value_expression_has_any_type() -> None:
    assert ask(compile_value("upper(s)", VIEW)) == ["AB", " Ü "]


def test_long_chain_of_and_stays_one_flat_call() -> None:
    text = " and ".join(["j > 0"] * 160)
    assert ask(compile_boolean(text, VIEW)) == [False, True]


# SQLite as the oracle: it shares the semantics of null, and nothing else with us.
COMPARISONS = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])
NUMBERS: st.SearchStrategy[str] = st.deferred(
    lambda: st.one_of(
        st.sampled_from(["i", "j", "x", "0", "1", "-2", "0.5"]),
        st.builds("({} {} {})".format, NUMBERS, st.sampled_from("+-*"), NUMBERS),
        st.builds("(x / {})".format, NUMBERS),
        st.builds("(i % {})".format, st.sampled_from(["j", "0", "3"])),
        st.builds("abs({})".format, NUMBERS),
        st.builds("coalesce({}, {})".format, NUMBERS, NUMBERS),
        st.builds("nullif({}, {})".format, NUMBERS, NUMBERS),
        st.builds("length({})".format, TEXTS),
        st.builds("(case when {} then {} else {} end)".format, QUESTIONS, NUMBERS, NUMBERS),
    )
)
TEXTS: st.SearchStrategy[str] = st.deferred(
    lambda: st.one_of(
        st.sampled_from(["s", "u", "'ab'", "'A b '", "''"]),
        st.builds("{}({})".format, st.sampled_from(["lower", "upper", "trim"]), TEXTS),
        st.builds("substr({}, {})".format, TEXTS, st.sampled_from(["1", "2", "1, 1", "2, 3"])),
        st.builds("coalesce({}, {})".format, TEXTS, TEXTS),
        st.builds("nullif({}, {})".format, TEXTS, TEXTS),
    )
)
QUESTIONS: st.SearchStrategy[str] = st.deferred(
    lambda: st.one_of(
        st.just("b"),
        st.builds("{} {} {}".format, NUMBERS, COMPARISONS, NUMBERS),
        st.builds("{} {} {}".format, TEXTS, COMPARISONS, TEXTS),
        st.builds("({}) {} ({})".format, QUESTIONS, st.sampled_from(["and", "or"]), QUESTIONS),
        st.builds("(not ({}))".format, QUESTIONS),
        st.builds("({}) is {}".format, QUESTIONS, st.sampled_from(["true", "not false", "null"])),
        st.builds("{} is not null".format, TEXTS),
        st.builds("{} {} (1, 2.5, -2)".format, NUMBERS, st.sampled_from(["in", "not in"])),
        st.builds("{} in ('ab', 'a')".format, TEXTS),
        st.builds("{} between {} and {}".format, NUMBERS, NUMBERS, NUMBERS),
        st.builds(
            "{} {} '{}'".format,
            TEXTS,
            st.sampled_from(["like", "not like"]),
            st.sampled_from(["a%", "%b", "_b%", "%", "", "A b_", "a.b"]),
        ),
    )
)
ROWS = st.lists(
    st.tuples(
        st.none() | st.integers(-5, 5),
        st.none() | st.integers(-5, 5),
        st.none() | st.sampled_from([-1.5, 0.0, 0.5, 2.0]),
        st.none() | st.sampled_from(["ab", "a b", "", "A b ", "a.b"]),
        st.none() | st.sampled_from(["ab", "b", " "]),
        st.none() | st.booleans(),
    ),
    max_size=8,
)
SCHEMA: dict[str, PolarsDataType] = {
    "i": pl.Int8,
    "j": pl.Int64,
    "x": pl.Float64,
    "s": pl.String,
    "u": pl.String,
    "b": pl.Boolean,
}


@settings(max_examples=150, deadline=None)
@given(text=QUESTIONS, rows=ROWS)
def test_sqlite_gives_the_same_answers(text: str, rows: list[Any]) -> None:
    try:
        parse(text)
    except ValueError:
        return  # no column in it, or too long
    frame = nw.from_native(pl.LazyFrame(rows, schema=SCHEMA, orient="row"))
    ours = compile_boolean(text, View(frame.collect_schema(), VIEW.now))
    answered: pl.LazyFrame = frame.select(answer=ours).to_native()
    assert answered.collect(engine="streaming")["answer"].to_list() == sqlite(text, rows)


def sqlite(text: str, rows: list[Any]) -> list[bool | None]:
    with sqlite3.connect(":memory:") as store:
        store.execute("pragma case_sensitive_like = true")
        store.execute("create table t (i integer, j integer, x real, s text, u text, b integer)")
        store.executemany("insert into t values (?, ?, ?, ?, ?, ?)", rows)
        found = store.execute(f"select {text} from t order by rowid").fetchall()  # noqa: S608 - ours
    store.close()
    return [None if answer is None else bool(answer) for (answer,) in found]
