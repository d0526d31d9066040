from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import narwhals.stable.v2 as nw
import polars as pl
import pytest

from dq_monitor.checks._base import Row
from dq_monitor.checks.columns_match import ColumnsMatch
from dq_monitor.checks.foreign_key import ForeignKey
from dq_monitor.checks.in_range import InRange
from dq_monitor.checks.matches import Matches
from dq_monitor.checks.mean import Mean
from dq_monitor.checks.row_count import RowCount
from dq_monitor.checks.unique import Unique
from dq_monitor.engines.polars import evaluate
from dq_monitor.model.rule import Nulls, Rule
from dq_monitor.model.verdict import Observation
from dq_monitor.model.view import View

NOW = datetime(2013, 2, 9, tzinfo=UTC)
RANGE = Rule("r", "in_range", InRange(column="a", min=0, max=9))


def ask(
    frame: pl.DataFrame,
    *rules: Rule,
    references: Mapping[str, pl.LazyFrame] | None = None,
    stored: pl.LazyFrame | None = None,
) -> list[Observation]:
    view = View(nw.from_native(frame.lazy()).collect_schema(), NOW)
    return list(evaluate(frame.lazy(), rules, view, references or {}, stored))


@pytest.mark.parametrize(
    ("nulls", "failing", "passing"), [(Nulls.SKIP, 1, 1), (Nulls.FAIL, 3, 1), (Nulls.PASS, 1, 3)]
)
def test_nulls_count_as_the_rule_says(nulls: Nulls, failing: int, passing: int) -> None:
    frame = pl.DataFrame({"a": [1.0, 99.0, None, float("nan")]})
    [seen] = ask(frame, replace(RANGE, nulls=nulls))
    assert (seen.failing, seen.passing) == (failing, passing)


def test_rows_outside_where_are_not_asked() -> None:
    frame = pl.DataFrame({"a": [1, 99, 98], "b": ["x", "x", "y"]})
    [seen] = ask(frame, replace(RANGE, where="b = 'x'"))
    assert (seen.failing, seen.passing) == (1, 1)


def test_where_counts_for_keys_and_table_rules_too() -> None:
    frame = pl.DataFrame({"a": [1, 1, 7], "b": ["x", "y", "y"]})
    unique = Rule("u", "unique", Unique(key=("a",)), where="b = 'y'")
    mean = Rule("m", "mean", Mean(column="a"), where="b = 'y'")
    count = Rule("c", "row_count", RowCount())
    seen = {one.rule_id: one for one in ask(frame, unique, mean, count)}
    assert (seen["u"].failing, seen["u"].passing) == (0, 2)
    assert (seen["m"].value, seen["c"].value) == (4, 3)


def test_an_empty_frame_passes_row_rules_and_has_no_mean() -> None:
    frame = pl.DataFrame({"a": []}, schema={"a": pl.Int64})
    rules = (RANGE, Rule("m", "mean", Mean(column="a")), Rule("c", "row_count", RowCount()))
    row, mean, count = ask(frame, *rules)
    assert (row.failing, row.passing) == (0, 0)
    assert (mean.value, count.value) == (None, 0)


def test_a_rule_of_the_wrong_type_is_an_error_and_the_others_are_asked() -> None:
    frame = pl.DataFrame({"a": [1, 99]})
    wrong = Rule("x", "matches", Matches(column="a", pattern="^N"))
    missing = Rule("y", "in_range", InRange(column="aa", min=0))
    seen = {one.rule_id: one for one in ask(frame, RANGE, wrong, missing)}
    assert seen["r"].failing == 1
    assert "'a'" in (seen["x"].error or "")
    assert "did you mean 'a'?" in (seen["y"].error or "")


def test_a_rule_that_breaks_on_the_data_is_an_error_and_the_others_are_asked() -> None:
    frame = pl.DataFrame({"a": [1, 99]})
    seen = {one.rule_id: one for one in ask(frame, RANGE, Rule("x", "breaks", Breaks()))}
    assert seen["r"].failing == 1
    assert "evaluation failed with" in (seen["x"].error or "")


def test_a_broken_frame_is_not_blamed_on_the_rules() -> None:
    frame = pl.LazyFrame({"s": ["1", "x"]}).select(pl.col("s").str.to_integer().alias("a"))
    view = View({"a": nw.Int64()}, NOW)
    with pytest.raises(pl.exceptions.PolarsError):
        evaluate(frame, [RANGE], view, {}, None)


def test_keys_are_held_against_the_reference_and_nulls_are_skipped() -> None:
    frame = pl.DataFrame({"a": ["x", "y", None, "y"]})
    check = ForeignKey(column="a", references="bronze.keys.k")
    known = {"bronze.keys": pl.LazyFrame({"k": ["x", "z"]})}
    [seen] = ask(frame, Rule("fk", "foreign_key", check), references=known)
    assert (seen.failing, seen.passing) == (2, 1)


def test_composite_keys_with_swapped_values_are_not_equal() -> None:
    frame = pl.DataFrame({"a": [1, 2], "b": [2, 1]})
    [seen] = ask(frame, Rule("u", "unique", Unique(key=("a", "b"))))
    assert (seen.failing, seen.passing) == (0, 2)


def test_a_key_that_is_not_a_number_is_no_key() -> None:
    nan = float("nan")
    [seen] = ask(pl.DataFrame({"a": [1.0, nan, nan]}), Rule("u", "unique", Unique(key=("a",))))
    assert (seen.failing, seen.passing) == (0, 1)


def test_a_mean_that_has_no_value_is_an_error() -> None:
    infinite = pl.DataFrame({"a": [float("inf"), float("-inf")]})
    [seen] = ask(infinite, Rule("m", "mean", Mean(column="a")))
    assert seen.error


def test_a_schema_rule_needs_no_rows() -> None:
    check = ColumnsMatch(expected=("a", "b"))
    [seen] = ask(pl.DataFrame({"a": [1], "c": [2]}), Rule("s", "columns_match", check))
    assert seen.value == 2


class Breaks(Row):
    """A row check that only evaluation finds to be impossible."""

    def columns(self) -> tuple[str, ...]:
        return ("a",)

    def passes(self, view: View) -> nw.Expr:
        return nw.col("a").replace_strict([1], [True], return_dtype=nw.Boolean)
