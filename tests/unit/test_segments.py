"""Rules with `by`: an answer for each segment, the same as if its rows were all there is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import narwhals.stable.v2 as nw
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dq_monitor.checks.mean import Mean
from dq_monitor.checks.not_null import NotNull
from dq_monitor.checks.unique import Unique
from dq_monitor.engines import groups, segments
from dq_monitor.engines.groups import NULL, label
from dq_monitor.engines.plan import compile_rules
from dq_monitor.engines.polars import evaluate
from dq_monitor.model.check import Kind
from dq_monitor.model.rule import Limit, Nulls, Rule, Threshold
from dq_monitor.model.verdict import Observation
from dq_monitor.model.view import View
from tests.catalogue.asking import chosen, renamed, rule_of, view_of
from tests.catalogue.case import Case, frames

CASES = chosen()
BY = "seg_"
some_segments = st.sampled_from(["a", "b", "c", None])


def parts_of(frame: pl.DataFrame) -> Mapping[str, pl.DataFrame]:
    parts = frame.partition_by(BY, as_dict=True, maintain_order=True)
    return {label(values): part for values, part in parts.items()}


def numbers(seen: Observation) -> tuple[Any, ...]:
    return (seen.failing, seen.passing, seen.value, seen.batch_value, seen.error)


def ask(
    frame: pl.DataFrame, rule: Rule, references: Mapping[str, pl.LazyFrame], *, columnar: bool
) -> tuple[Observation, ...]:
    return evaluate(frame.lazy(), [rule], view_of(frame), references, None, columnar=columnar)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data(), columnar=st.booleans())
def test_a_segment_answers_as_if_its_rows_were_all_there_is(
    case: Case, data: st.DataObject, *, columnar: bool
) -> None:
    frame = data.draw(frames(case.columns, case.max_rows))
    others = data.draw(frames(case.others or case.columns, 6)) if case.others else None
    references = {case.references: others.lazy()} if others is not None else {}
    names = {name: f"{name}.x" for name in case.columns}
    values = st.lists(some_segments, min_size=frame.height, max_size=frame.height)
    column = pl.Series(BY, data.draw(values), dtype=pl.String)
    asked = renamed(frame, names).with_columns(column)
    rule = rule_of(case, names.__getitem__)
    (whole,) = ask(asked, rule, references, columnar=columnar)
    found = ask(asked, replace(rule, by=(BY,)), references, columnar=columnar)
    plan = compile_rules([rule], view_of(asked), share=True)
    if plan.errors or any(not question.parts for question in plan.tables):
        assert [one.error is not None for one in found] == [True]
        return
    if rule.kind in {Kind.ROW, Kind.SET} and whole.error is None:
        assert sum(one.failing or 0 for one in found) == whole.failing
        assert sum(one.passing or 0 for one in found) == whole.passing
    if rule.kind is Kind.SET:
        return  # a key is held against those of other segments too
    by_segment = {one.segment: one for one in found}
    for name, part in parts_of(asked).items():
        (alone,) = ask(part, rule, references, columnar=columnar)
        if name in by_segment:
            assert numbers(by_segment.pop(name)) == pytest.approx(numbers(alone), nan_ok=True)
        else:  # none of its rows is inside `where`
            assert rule.where is not None
    assert set(by_segment) <= {""}


NOW = datetime(2013, 2, 9, tzinfo=UTC)
ANY = Threshold(over=Limit(0))
ROWS = pl.DataFrame(
    {
        "carrier": ["UA", "UA", "AA", None],
        "origin": ["EWR", "JFK", "EWR", "EWR"],
        "a": [1, 1, None, 2],
    }
)
FILLED = Rule("filled", "not_null", NotNull(column="a"), error=ANY, by=("carrier",))
AVERAGE = Rule("average", "mean", Mean(column="a"), warn=ANY, by=("carrier",))
KEYED = Rule("keyed", "unique", Unique(key=("a",)), error=ANY, by=("carrier",))


def seen_of(
    frame: pl.DataFrame, *rules: Rule, references: Mapping[str, pl.LazyFrame] | None = None
) -> list[Observation]:
    view = View(nw.from_native(frame.lazy()).collect_schema(), NOW)
    return list(evaluate(frame.lazy(), rules, view, references or {}, None))


def test_each_segment_of_a_row_rule_is_counted() -> None:
    assert seen_of(ROWS, FILLED) == [
        Observation("filled", failing=0, passing=1, segment="(null)"),
        Observation("filled", failing=1, passing=0, segment="AA"),
        Observation("filled", failing=0, passing=2, segment="UA"),
    ]


def test_two_columns_make_a_segment_together() -> None:
    found = seen_of(ROWS, replace(FILLED, by=("origin", "carrier")))
    assert [one.segment for one in found] == ["EWR, (null)", "EWR, AA", "EWR, UA", "JFK, UA"]


def test_a_table_rule_has_a_value_for_each_segment() -> None:
    assert {one.segment: (one.value, one.note) for one in seen_of(ROWS, AVERAGE)} == {
        "(null)": (2.0, "of 1 values"),
        "AA": (None, "no values"),
        "UA": (1.0, "of 2 values"),
    }


def test_a_key_that_repeats_fails_in_its_own_segment() -> None:
    frame = ROWS.with_columns(pl.Series("carrier", ["UA", "AA", "AA", "UA"]))
    assert seen_of(frame, KEYED) == [
        Observation("keyed", failing=1, passing=0, segment="AA"),
        Observation("keyed", failing=1, passing=1, segment="UA"),
    ]
    failing = seen_of(frame, replace(KEYED, nulls=Nulls.FAIL))
    assert [(one.failing, one.passing) for one in failing] == [(2, 0), (1, 1)]
    passing = seen_of(frame, replace(KEYED, nulls=Nulls.PASS))
    assert [(one.failing, one.passing) for one in passing] == [(1, 1), (1, 1)]


def test_a_segment_outside_where_is_not_there() -> None:
    found = seen_of(ROWS, replace(FILLED, where="a = 1"), replace(AVERAGE, where="a = 1"))
    assert [(one.rule_id, one.segment) for one in found] == [("filled", "UA"), ("average", "UA")]


@pytest.mark.parametrize("rule", [FILLED, KEYED], ids=lambda rule: rule.id)
def test_no_rows_pass_a_row_rule(rule: Rule) -> None:
    assert seen_of(ROWS.clear(), rule) == [Observation(rule.id, failing=0, passing=0)]


def test_no_rows_have_no_value() -> None:
    assert seen_of(ROWS.clear(), AVERAGE) == [Observation("average", note=segments.NO_ROWS)]


@pytest.mark.parametrize("rule", [FILLED, AVERAGE, KEYED], ids=lambda rule: rule.id)
def test_too_many_segments_are_an_error_with_the_remedy(rule: Rule) -> None:
    frame = pl.DataFrame({"carrier": range(groups.MOST + 1), "a": [1] * (groups.MOST + 1)})
    (found,) = seen_of(frame, rule)
    assert found.error is not None
    assert found.error.startswith("by carrier makes more than 1,000 segments: name columns")
    assert len(seen_of(frame.head(groups.MOST), rule)) == groups.MOST


@pytest.mark.parametrize(
    ("by", "error"),
    [
        ("carier", "by: there is no column 'carier': did you mean 'carrier'?"),
        ("list", "by: column 'list' is List(Int64), and segments are named by texts"),
        ("nanos", "by: column 'nanos' is Datetime(time_unit='ns', time_zone='UTC'), and segm"),
    ],
)
def test_what_names_no_segments_is_an_error(by: str, error: str) -> None:
    frame = ROWS.with_columns(
        pl.lit([1]).alias("list"), pl.lit(NOW, pl.Datetime("ns")).alias("nanos")
    )
    (found,) = seen_of(frame, replace(FILLED, by=(by,)))
    assert (found.error or "").startswith(error)


def test_nan_and_null_are_one_segment_and_zero_has_no_sign() -> None:
    frame = pl.DataFrame({"g": [None, float("nan"), 0.0, -0.0, 0.1], "a": [1, 2, 3, 4, 5]})
    found = seen_of(frame, replace(FILLED, by=("g",)))
    assert {one.segment: one.passing for one in found} == {"(null)": 2, "0.0": 2, "0.1": 1}


@pytest.mark.parametrize(
    ("values", "name"),
    [
        (["UA"], "UA"),
        (["UA", "EWR"], "UA, EWR"),
        ([None, 7], "(null), 7"),
        ([True, date(2013, 2, 9)], "true, 2013-02-09"),
        (["(null)"], '"(null)"'),
        ([""], '""'),
        (["a, b"], '"a, b"'),
        (['say "x"'], '"say \\"x\\""'),
        ([" a"], '" a"'),
        (["\u00fc b"], "\u00fc b"),
    ],
)
def test_a_segment_is_named_by_its_values(values: list[Any], name: str) -> None:
    assert label(values) == name


long_texts = (
    st.text(max_size=4) | st.text('a",\\ ', max_size=6) | st.sampled_from(["x" * 200, NULL])
)
cells = st.none() | long_texts


@settings(max_examples=300, deadline=None)
@given(st.lists(cells, min_size=2, max_size=2), st.lists(cells, min_size=2, max_size=2))
def test_no_two_segments_share_a_name(one: list[Any], other: list[Any]) -> None:
    assert (label(one) == label(other)) == (one == other)
