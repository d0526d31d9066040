"""Every row, key and table check answers as a plain row-by-row reading of its docs does."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import narwhals.stable.v2 as nw
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars._typing import PolarsDataType

from dq_monitor.checks.columns_match import ColumnsMatch
from dq_monitor.checks.compare_columns import CompareColumns
from dq_monitor.checks.expression import Expression
from dq_monitor.checks.foreign_key import ForeignKey
from dq_monitor.checks.freshness import Freshness
from dq_monitor.checks.in_range import InRange
from dq_monitor.checks.in_set import InSet
from dq_monitor.checks.length import Length
from dq_monitor.checks.matches import Matches
from dq_monitor.checks.mean import Mean
from dq_monitor.checks.not_in_future import NotInFuture
from dq_monitor.checks.not_null import NotNull
from dq_monitor.checks.row_count import RowCount
from dq_monitor.checks.share_of import ShareOf
from dq_monitor.checks.unique import Unique
from dq_monitor.model.check import Merge, RowCheck, SetCheck, TableCheck, View

NEW_YORK = ZoneInfo("America/New_York")
NOW = datetime(2013, 7, 1, 12, tzinfo=UTC)
ODD_NAMES = ["a", "my col", "ü", "a.b", "^x", "n", "len", "literal", 'say "x"', "CASE", "{}"]

ints = st.integers(-(2**63), 2**63 - 1) | st.integers(-10, 10)
small = st.integers(-128, 127)
floats = st.floats(allow_nan=True, allow_infinity=True) | st.sampled_from([0.5, -0.0, 1.0])
texts = st.text(max_size=4) | st.sampled_from(["EWR", "JFK", "é", "a\nb", "\U0001f600"])
dates = st.dates(date(2013, 6, 28), date(2013, 7, 4))
naive = st.datetimes(datetime(2013, 6, 30), datetime(2013, 7, 2))  # noqa: DTZ001 - without a zone
aware = naive.map(lambda moment: moment.replace(tzinfo=UTC))
BERLIN = pl.Datetime("us", "Europe/Berlin")


def columns_of(dtype: PolarsDataType, values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return columns of one type: empty, all null, or mixed."""
    cells = st.lists(st.none() | values, max_size=12) | st.lists(st.none(), max_size=3)
    return cells.map(lambda found: pl.Series("x", found, dtype=dtype))


@dataclass(frozen=True)
class Case:
    check: Callable[[str], RowCheck]
    dtype: PolarsDataType
    values: st.SearchStrategy[Any]
    oracle: Callable[[Any], bool]


def local(moment: datetime) -> datetime:
    return moment.replace(tzinfo=NEW_YORK)


def found(pattern: str) -> Callable[[str], bool]:
    return lambda text: re.search(pattern, text) is not None


def between(low: Any, high: Any) -> Callable[[Any], bool]:
    return lambda value: bool(low <= value <= high)


ROWS = {
    "in_set text": Case(
        lambda c: InSet(column=c, values=("EWR", "é")), pl.String, texts, {"EWR", "é"}.__contains__
    ),
    "in_set many texts": Case(
        lambda c: InSet(column=c, values=(*"abcdefghij", "EWR")),
        pl.String,
        texts,
        {*"abcdefghij", "EWR"}.__contains__,
    ),
    "in_set category": Case(
        lambda c: InSet(column=c, values=("EWR", "JFK")),
        pl.Categorical,
        st.sampled_from(["EWR", "JFK", "LGA"]),
        {"EWR", "JFK"}.__contains__,
    ),
    "in_set int": Case(
        lambda c: InSet(column=c, values=(1, 2.0, 2.5, 1000)), pl.Int8, small, {1, 2}.__contains__
    ),
    "in_set nothing fits": Case(
        lambda c: InSet(column=c, values=(2.5,)), pl.Int64, ints, lambda _: False
    ),
    "in_set float": Case(
        lambda c: InSet(column=c, values=(1, 0.5)), pl.Float64, floats, {1, 0.5}.__contains__
    ),
    "in_set bool": Case(lambda c: InSet(column=c, values=(True,)), pl.Boolean, st.booleans(), bool),
    "in_set date": Case(
        lambda c: InSet(column=c, values=("2013-07-01",)),
        pl.Date,
        dates,
        lambda day: day == date(2013, 7, 1),
    ),
    "in_range int": Case(
        lambda c: InRange(column=c, min=-5, max=5), pl.Int64, ints, between(-5, 5)
    ),
    "in_range narrow int": Case(
        lambda c: InRange(column=c, max=1000), pl.Int8, small, lambda v: v <= 1000
    ),
    "in_range float": Case(
        lambda c: InRange(column=c, min=-5, max=0.5, exclusive_max=True),
        pl.Float64,
        floats,
        lambda v: -5 <= v < 0.5,
    ),
    "in_range decimal": Case(
        lambda c: InRange(column=c, min=0.1),
        pl.Decimal(10, 2),
        st.decimals(-9, 9, places=2),
        lambda v: float(v) >= 0.1,
    ),
    "in_range date": Case(
        lambda c: InRange(column=c, min="2013-06-30", max="2013-07-01", exclusive_min=True),
        pl.Date,
        dates,
        lambda day: day == date(2013, 7, 1),
    ),
    "in_range timestamp": Case(
        lambda c: InRange(column=c, min="2013-07-01T04:00:00Z"),
        pl.Datetime("us"),
        naive,
        lambda moment: moment.replace(tzinfo=NEW_YORK) >= datetime(2013, 7, 1, 4, tzinfo=UTC),
    ),
    "in_range instant": Case(
        lambda c: InRange(column=c, min="2013-07-01"),
        BERLIN,
        aware,
        lambda moment: moment >= datetime(2013, 7, 1, tzinfo=NEW_YORK),
    ),
    "matches": Case(
        lambda c: Matches(column=c, pattern="[A-Z]{2}"), pl.String, texts, found(r"[A-Z]{2}")
    ),
    "matches full": Case(
        lambda c: Matches(column=c, pattern="a|EWR|é", full=True),
        pl.String,
        texts,
        {"a", "EWR", "é"}.__contains__,
    ),
    "length": Case(
        lambda c: Length(column=c, min=1, max=2),
        pl.String,
        texts,
        lambda text: 1 <= len(text) <= 2,
    ),
    "length in bytes": Case(
        lambda c: Length(column=c, max=3, unit="bytes"),
        pl.String,
        texts,
        lambda text: len(text.encode()) <= 3,
    ),
    "not_in_future date": Case(
        lambda c: NotInFuture(column=c), pl.Date, dates, lambda day: day <= date(2013, 7, 1)
    ),
    "not_in_future timestamp": Case(
        lambda c: NotInFuture(column=c, tolerance="30m"),
        pl.Datetime("us"),
        naive,
        lambda moment: local(moment) <= NOW + timedelta(minutes=30),
    ),
    "not_in_future instant": Case(
        lambda c: NotInFuture(column=c), BERLIN, aware, lambda moment: moment <= NOW
    ),
}


@pytest.mark.parametrize("case", ROWS.values(), ids=ROWS)
@settings(max_examples=100, deadline=None)
@given(data=st.data(), name=st.sampled_from(ODD_NAMES))
def test_row_check_agrees_with_plain_python(case: Case, data: st.DataObject, name: str) -> None:
    column = data.draw(columns_of(case.dtype, case.values))
    expected = [None if unknown(cell) else case.oracle(cell) for cell in column]
    assert answers(case.check(name), column.to_frame(name)) == expected


@pytest.mark.parametrize(
    ("dtype", "values"),
    [(pl.Float64, floats), (pl.String, texts), (pl.List(pl.Int64), st.lists(ints, max_size=2))],
    ids=["float", "text", "nested"],
)
@settings(max_examples=100, deadline=None)
@given(data=st.data(), name=st.sampled_from(ODD_NAMES))
def test_not_null_always_knows(
    dtype: PolarsDataType, values: st.SearchStrategy[Any], data: st.DataObject, name: str
) -> None:
    column = data.draw(columns_of(dtype, values))
    expected = [not unknown(cell) for cell in column.to_list()]
    assert answers(NotNull(column=name), column.to_frame(name)) == expected


@pytest.mark.parametrize(
    "case",
    [case for case in ROWS.values() if case.dtype != pl.Categorical],
    ids=[name for name, case in ROWS.items() if case.dtype != pl.Categorical],
)
def test_column_without_a_type_is_unknown_throughout(case: Case) -> None:
    assert answers(case.check("x"), pl.DataFrame({"x": [None, None]})) == [None, None]


PAIRS = st.lists(st.tuples(st.none() | small, st.none() | floats), max_size=12)
RELATIONS: dict[str, Callable[[Any, Any], bool]] = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


@pytest.mark.parametrize("op", RELATIONS)
@settings(max_examples=50, deadline=None)
@given(pairs=PAIRS)
def test_compare_columns_agrees_with_plain_python(op: Any, pairs: list[Any]) -> None:
    frame = pl.DataFrame(pairs, schema={"a": pl.Int8, "b": pl.Float64}, orient="row")
    expected = [None if unknown(a) or unknown(b) else RELATIONS[op](a, b) for a, b in pairs]
    assert answers(CompareColumns(column="a", op=op, other="b"), frame) == expected


@settings(max_examples=100, deadline=None)
@given(pairs=PAIRS)
def test_expression_agrees_with_plain_python(pairs: list[Any]) -> None:
    frame = pl.DataFrame(pairs, schema={"a": pl.Int8, "b": pl.Float64}, orient="row")
    expected = [
        None if unknown(a) or unknown(b) or math.isnan(b * 2 - 3) else b * 2 - 3 <= a
        for a, b in pairs
    ]
    assert answers(Expression(condition="a >= b * 2 - 3"), frame) == expected


KEYS = st.tuples(
    st.none() | st.integers(0, 3), st.none() | st.sampled_from([0.5, 1.0, math.nan, -0.0, 0.0])
)
KEY_SCHEMA: dict[str, PolarsDataType] = {"n": pl.Int32, "my col": pl.Float64}


@settings(max_examples=100, deadline=None)
@given(batch=st.lists(KEYS, max_size=10), stored=st.none() | st.lists(KEYS, max_size=5))
def test_unique_agrees_with_counting(batch: list[Any], stored: list[Any] | None) -> None:
    times = Counter(batch)
    expected = {
        key
        for key in batch
        if not any(map(unknown, key)) and (times[key] > 1 or key in (stored or []))
    }
    assert failing(Unique(key=tuple(KEY_SCHEMA)), batch, stored) == expected


@settings(max_examples=100, deadline=None)
@given(batch=st.lists(KEYS, max_size=10), others=st.none() | st.lists(KEYS, max_size=5))
def test_foreign_key_agrees_with_membership(batch: list[Any], others: list[Any] | None) -> None:
    check = ForeignKey(key=tuple(KEY_SCHEMA), references=("a.b.c", "a.b.d"))
    expected = {key for key in batch if not any(map(unknown, key)) and key not in (others or [])}
    assert failing(check, batch, others) == expected


def test_keys_of_two_integer_widths_are_the_same_keys() -> None:
    batch = pl.LazyFrame({"a": [1, 2]}, schema={"a": pl.Int16})
    others = pl.LazyFrame({"a": [2, 2**40]}, schema={"a": pl.Int64})
    check = ForeignKey(column="a", references="t.a")
    left = check.failing(nw.from_native(batch), nw.from_native(others)).to_native().collect()
    assert left.to_dict(as_series=False) == {"a": [1]}
    assert left.schema == {"a": pl.Int16}


def test_keys_of_two_types_are_refused_by_name() -> None:
    batch, others = pl.LazyFrame({"a": [1]}), pl.LazyFrame({"a": ["1"]})
    with pytest.raises(ValueError, match="column 'a' is Int64 here and String where"):
        Unique(key=("a",)).failing(nw.from_native(batch), nw.from_native(others))


TABLES: dict[str, Callable[[], TableCheck]] = {
    "row_count": RowCount,
    "mean": lambda: Mean(column="x"),
    "share_of": lambda: ShareOf(condition="x > 0"),
    "freshness": lambda: Freshness(column="t"),
    "columns_match": lambda: ColumnsMatch(expected=("x", "t")),
}
finite = st.floats(-1e6, 1e6) | st.just(math.nan)
READINGS = st.lists(st.tuples(st.none() | finite, st.none() | naive), max_size=8)
READING_SCHEMA: dict[str, PolarsDataType] = {"x": pl.Float64, "t": pl.Datetime("us")}


@pytest.mark.parametrize("check", TABLES.values(), ids=TABLES)
@settings(max_examples=100, deadline=None)
@given(first=READINGS, second=READINGS)
def test_states_of_two_parts_merge_into_the_state_of_the_whole(
    check: Callable[[], TableCheck], first: list[Any], second: list[Any]
) -> None:
    asked = check()
    left, right, whole = (state(asked, rows) for rows in (first, second, first + second))
    parts = asked.aggregates(reading_view())
    merged = {name: merge(part.merge, left[name], right[name]) for name, part in parts.items()}
    assert measured(asked, merged) == pytest.approx(measured(asked, whole))


@settings(max_examples=100, deadline=None)
@given(rows=READINGS)
def test_table_checks_agree_with_plain_python(rows: list[Any]) -> None:
    known = [x for x, _ in rows if not unknown(x)]
    moments = [local(moment) for _, moment in rows if moment is not None]
    value = {name: measured(check(), state(check(), rows)) for name, check in TABLES.items()}
    assert value["row_count"] == len(rows)
    assert value["mean"] == (pytest.approx(sum(known) / len(known)) if known else None)
    assert value["share_of"] == (sum(x > 0 for x in known) / len(known) if known else None)
    age = (NOW - max(moments)).total_seconds() if moments else None
    assert value["freshness"] == age
    assert value["columns_match"] == 0


def unknown(cell: Any) -> bool:
    return cell is None or (isinstance(cell, float) and math.isnan(cell))


def answers(check: RowCheck, frame: pl.DataFrame) -> list[bool | None]:
    lazy = nw.from_native(frame.lazy())
    view = View(lazy.collect_schema(), NOW, "America/New_York")
    asked: pl.LazyFrame = lazy.select(answer=check.passes(view)).to_native()
    answer = asked.collect(engine="streaming")["answer"]
    assert answer.dtype == pl.Boolean
    return answer.to_list()


def failing(check: SetCheck, batch: list[Any], others: list[Any] | None) -> set[Any]:
    def keys(rows: list[Any]) -> nw.LazyFrame[Any]:
        return nw.from_native(pl.LazyFrame(rows, schema=KEY_SCHEMA, orient="row"))

    asked = check.failing(keys(batch), None if others is None else keys(others))
    found = asked.to_native().collect(engine="streaming")
    assert found.columns == list(KEY_SCHEMA)
    assert found.is_unique().all()
    return set(found.iter_rows())


def reading_view() -> View:
    frame = nw.from_native(pl.LazyFrame(schema=READING_SCHEMA))
    return View(frame.collect_schema(), NOW, "America/New_York")


def state(check: TableCheck, rows: list[Any]) -> dict[str, Any]:
    parts = check.aggregates(reading_view())
    if not parts:
        return {}
    lazy = nw.from_native(pl.LazyFrame(rows, schema=READING_SCHEMA, orient="row"))
    asked = lazy.select(**{name: part.expr for name, part in parts.items()}).to_native()
    return asked.collect(engine="streaming").row(0, named=True)


def merge(how: Merge, left: Any, right: Any) -> Any:
    if left is None or right is None:
        return left if right is None else right
    return left + right if how is Merge.SUM else max(left, right)


def measured(check: TableCheck, merged: dict[str, Any]) -> float | None:
    return check.measure(merged, reading_view()).value
