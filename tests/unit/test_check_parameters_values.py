"""Impossible parameters of checks of completeness, uniqueness and values are refused at load."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import narwhals.stable.v2 as nw
import pytest
from pydantic import TypeAdapter, ValidationError

from dq_monitor.checks._nested import Part
from dq_monitor.checks.not_null import NotNull
from dq_monitor.model.view import View
from dq_monitor.registry import plug

NOW = datetime(2013, 1, 2, tzinfo=UTC)
NESTED: dict[str, Any] = {"not_null": "a"}


def build(name: str, **parameters: Any) -> Any:
    return TypeAdapter(plug("dq_monitor.checks", name, "check")).validate_python(parameters)


def nested(levels: int) -> dict[str, Any]:
    rule = NESTED
    for _ in range(levels):
        rule = {"all_of": [rule]}
    return rule


@pytest.mark.parametrize(
    ("name", "parameters", "reason"),
    [
        ("not_missing", {"column": "a", "values": [float("nan")]}, "a value must be a finite"),
        ("all_not_null", {"columns": ["a"]}, "at least 2"),
        ("any_not_null", {"columns": ["a", "a"]}, "a is named twice"),
        ("null_together", {"columns": []}, "at least 2"),
        ("unique_combination", {"columns": ["a"]}, "at least 2"),
        ("unique_combination", {"columns": ["a", "a"]}, "a is named twice"),
        ("primary_key", {"columns": []}, "at least 1"),
        ("unique_within_record", {"columns": [*"abcdefghijklmnopqrstu"]}, "at most 20"),
        ("functional_dependency", {"determinant": "a", "dependent": ["b", "a"]}, "a is named tw"),
        ("functional_dependency", {"determinant": [], "dependent": "b"}, "at least 1"),
        ("cardinality", {"column": "a", "other": "a"}, "a is named twice"),
        ("cardinality", {"column": "a", "other": "b", "relation": "n:n"}, "'1:1', '1:n' or 'n:1'"),
        ("duplicate_share", {"columns": ["a", "a"]}, "a is named twice"),
        ("distinct_count", {"columns": []}, "at least 1"),
        ("not_in_set", {"column": "a", "values": []}, "at least 1"),
        ("not_in_set", {"column": "a", "values": [float("inf")]}, "finite number"),
        ("not_in_range", {"column": "a", "min": 1}, "max"),
        ("not_in_range", {"column": "a", "min": 5, "max": 3}, "min 5 is above max 3"),
        ("not_in_range", {"column": "a", "min": "2013-01-01", "max": 3}, "cannot be compared"),
        ("not_in_range", {"column": "a", "min": "soon", "max": "2013-01-01"}, "not an ISO date"),
        ("compare", {"column": "a", "op": "~", "value": 1}, "op"),
        ("compare", {"column": "a", "op": "<", "value": float("nan")}, "value must be a finite"),
        ("compare", {"column": "a", "op": "<", "value": None}, "valid"),
        ("compare_columns", {"column": "a", "op": "=", "other": "b", "tolerance": -1}, "or equal"),
        ("compare_columns", {"column": "a", "op": "=", "other": "b", "tolerance": "x"}, "pattern"),
        (
            "compare_columns",
            {"column": "a", "op": "=", "other": "b", "tolerance": float("inf")},
            "tolerance must be a finite number",
        ),
        ("pair_in_set", {"column": "a", "other": "b", "pairs": []}, "at least 1"),
        ("pair_in_set", {"column": "a", "other": "b", "pairs": [[1]]}, "required"),
        ("pair_in_set", {"column": "a", "other": "a", "pairs": [[1, 2]]}, "a is named twice"),
        (
            "pair_in_set",
            {"column": "a", "other": "b", "pairs": [[1, float("nan")]]},
            "a value must be a finite number",
        ),
        ("pair_in_set", {"column": "a", "other": "b", "pairs": [[1, 2]] * 1001}, "at most 1000"),
        ("sum_of_columns", {"columns": ["a"], "equals": 1}, "at least 2"),
        ("sum_of_columns", {"columns": ["a", "b"], "equals": "b"}, "b is named twice"),
        ("sum_of_columns", {"columns": ["a", "b"], "equals": float("inf")}, "equals must be a f"),
        ("sum_of_columns", {"columns": ["a", "b"], "equals": 1, "tolerance": -1}, "or equal to 0"),
        ("precision_scale", {"column": "a", "precision": 0}, "greater than or equal to 1"),
        ("precision_scale", {"column": "a", "precision": 39}, "less than or equal to 38"),
        ("precision_scale", {"column": "a", "precision": 2, "scale": 3}, "scale 3 is above prec"),
        ("multiple_of", {"column": "a", "step": 0}, "greater than 0"),
        ("multiple_of", {"column": "a", "step": float("inf")}, "step must be a finite number"),
        ("multiple_of", {"column": "a", "step": 2, "tolerance": 1}, "half of step or more"),
        ("all_of", {"rules": []}, "at least 1"),
        ("all_of", {"rules": [NESTED] * 101}, "at most 100"),
        ("all_of", {"rules": [{"any_of": [NESTED] * 60}] * 2}, "100 rules within it at most"),
        ("all_of", {"rules": [nested(4)]}, "5 levels deep at most"),
        ("any_of", {"rules": ["not_null"]}, "a mapping of one check"),
        ("any_of", {"rules": [{**NESTED, "is_null": "a"}]}, "a mapping of one check"),
        ("any_of", {"rules": [{"not_nul": "a"}]}, "unknown check 'not_nul'; did you mean 'not_n"),
        ("any_of", {"rules": [{"unique": "a"}]}, "unique does not judge rows by themselves"),
        ("any_of", {"rules": [{"in_range": {"column": "a"}}]}, "in_range: .*needs min or max"),
        ("none_of", {"rules": [{"in_set": "a"}]}, "in_set: "),
        ("when_then", {"when": NESTED}, "then"),
    ],
)
def test_impossible_parameter_is_refused(
    name: str, parameters: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ValidationError, match=reason):
        build(name, **parameters)


@pytest.mark.parametrize(
    ("name", "parameters", "dtype", "reason"),
    [
        ("not_blank", {"column": "a"}, nw.Int64(), "is an integer, not_blank needs a string"),
        ("not_missing", {"column": "a", "values": [1]}, nw.String(), "be compared with integer 1"),
        ("not_in_set", {"column": "a", "values": ["x"]}, nw.Int8(), "compared with string 'x'"),
        ("not_in_range", {"column": "a", "min": 1, "max": 2}, nw.String(), "not_in_range needs a"),
        ("compare", {"column": "a", "op": "=", "value": "x"}, nw.Int8(), "compared with string"),
        ("compare", {"column": "a", "op": "<", "value": True}, nw.Boolean(), "< cannot be asked"),
        ("compare", {"column": "a", "op": "=", "value": 1}, nw.List(nw.Int8), "is a nested or b"),
        ("finite", {"column": "a"}, nw.String(), "is a string, finite needs an integer or number"),
        ("precision_scale", {"column": "a", "precision": 3}, nw.Date(), "precision_scale needs"),
        ("multiple_of", {"column": "a", "step": 3}, nw.String(), "is a string, multiple_of needs"),
        ("any_of", {"rules": [{"not_blank": "a"}]}, nw.Date(), "is a date, not_blank needs a str"),
    ],
)
def test_wrong_type_is_refused_before_any_row_is_read(
    name: str, parameters: dict[str, Any], dtype: nw.dtypes.DType, reason: str
) -> None:
    with pytest.raises(ValueError, match=f"column 'a'.*{reason}"):
        build(name, **parameters).passes(View({"a": dtype}, NOW))


@pytest.mark.parametrize(
    ("name", "parameters", "reason"),
    [
        ("unique_within_record", {"columns": ["a", "b"]}, "cannot be compared"),
        ("sum_of_columns", {"columns": ["a", "b"], "equals": 1}, "'b' is a string, sum_of_columns"),
        ("compare_columns", {"column": "b", "op": "=", "other": "c", "tolerance": 1}, "tolerance"),
        ("pair_in_set", {"column": "a", "other": "b", "pairs": [[1, 2]]}, "with integer 2"),
    ],
)
def test_columns_of_types_that_do_not_fit_are_refused(
    name: str, parameters: dict[str, Any], reason: str
) -> None:
    view = View({"a": nw.Int64(), "b": nw.String(), "c": nw.String()}, NOW)
    with pytest.raises(ValueError, match=reason):
        build(name, **parameters).passes(view)


def test_a_nested_column_has_no_least_value() -> None:
    with pytest.raises(ValueError, match="nested or binary value, not_constant needs"):
        build("not_constant", column="a").aggregates(View({"a": nw.List(nw.Int8)}, NOW))


def test_a_check_of_checks_reads_the_columns_of_all_of_them() -> None:
    inner = {
        "any_of": [{"not_null": "b"}, {"compare_columns": {"column": "c", "op": "<", "other": "a"}}]
    }
    assert build("all_of", rules=[NESTED, inner]).columns() == ("a", "b", "c")


def test_a_part_keeps_the_name_of_its_check() -> None:
    part = Part("not_null", NotNull(column="a"))
    assert build("none_of", rules=[NESTED]).rules == (part,)
    assert build("none_of", rules=[part]) == build("none_of", rules=[NESTED])
    assert build("none_of", rules=[NESTED]) != build("none_of", rules=[{"is_null": "a"}])
