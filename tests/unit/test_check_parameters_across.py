"""Impossible parameters of checks across tables and over time are refused at load."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from dq_monitor.registry import plug

AGGREGATE = {"column": "a", "aggregate": "sum", "references": "t.a"}


def build(name: str, **parameters: Any) -> Any:
    return TypeAdapter(plug("dq_monitor.checks", name, "check")).validate_python(parameters)


@pytest.mark.parametrize(
    ("name", "parameters", "reason"),
    [
        ("not_exists_in", {"references": "t.a"}, "needs either column or columns"),
        ("not_exists_in", {"columns": ["a", "b"], "references": "t.a"}, "2 columns refer to 1"),
        ("row_count_match", {"table": "t", "tolerance": -1}, "greater than or equal to 0"),
        ("row_count_match", {"table": "t", "tolerance": "some"}, "pattern"),
        ("row_count_match", {"table": "t", "tolerance": float("inf")}, "finite number"),
        ("row_count_match", {"table": "t", "factor": 0}, "greater than 0"),
        ("row_count_match", {"table": "t", "factor": float("inf")}, "factor must be a finite"),
        ("row_count_match", {"table": "t", "other_where": "a +"}, "not an SQL expression"),
        ("row_count_match", {"table": ""}, "at least 1"),
        ("aggregate_match", {**AGGREGATE, "aggregate": "median"}, "'sum', 'mean'"),
        ("aggregate_match", {**AGGREGATE, "references": "a"}, "pattern"),
        ("dataset_match", {"table": "t"}, "key"),
        ("dataset_match", {"table": "t", "key": ["a", "a"]}, "a is named twice"),
        ("dataset_match", {"table": "t", "key": "a", "columns": "a"}, "a is named twice"),
        ("distinct_match", {"column": "a", "references": "t.a", "relation": "near"}, "'equal'"),
        ("schema_match_other", {"table": "t", "mode": "fuzzy"}, "'set', 'ordered'"),
    ],
)
def test_impossible_parameter_is_refused(
    name: str, parameters: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ValidationError, match=reason):
        build(name, **parameters)
