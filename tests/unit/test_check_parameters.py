"""Impossible parameters are refused when a pack is loaded, in words that name them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import narwhals.stable.v2 as nw
import pytest
from pydantic import TypeAdapter, ValidationError

from dq_monitor.checks.columns_match import ColumnsMatch
from dq_monitor.checks.foreign_key import ForeignKey
from dq_monitor.model.check import Reference
from dq_monitor.model.view import View
from dq_monitor.registry import plug

NOW = datetime(2013, 1, 2, tzinfo=UTC)


def build(name: str, **parameters: Any) -> Any:
    return TypeAdapter(plug("dq_monitor.checks", name, "check")).validate_python(parameters)


@pytest.mark.parametrize(
    ("name", "parameters", "reason"),
    [
        ("in_range", {"column": "a"}, "needs min or max"),
        ("in_range", {"column": "a", "min": 5, "max": 3}, "min 5 is above max 3"),
        ("in_range", {"column": "a", "min": 3, "max": 3, "exclusive_max": True}, "nothing lies"),
        ("in_range", {"column": "a", "min": "2013-02-01", "max": "2013-01-01"}, "is above max"),
        ("in_range", {"column": "a", "min": 1, "max": "2013-01-01"}, "cannot be compared"),
        ("in_range", {"column": "a", "max": "yesterday"}, "not an ISO date or timestamp"),
        ("in_range", {"column": "a", "max": float("nan")}, "finite number"),
        ("in_range", {"column": "a", "max": True}, "valid"),
        ("in_set", {"column": "a", "values": []}, "at least 1"),
        ("in_set", {"column": "a", "values": [None]}, "valid"),
        ("in_set", {"column": "a", "values": [float("inf")]}, "finite number"),
        ("length", {"column": "a"}, "needs min or max"),
        ("length", {"column": "a", "min": 3, "max": 2}, "min 3 is above max 2"),
        ("length", {"column": "a", "min": -1}, "greater than or equal to 0"),
        ("length", {"column": "a", "max": 3, "unit": "words"}, "'characters' or 'bytes'"),
        ("matches", {"column": "a", "pattern": "(a"}, "invalid pattern: unclosed group"),
        ("matches", {"column": "a", "pattern": "a)(b", "full": True}, "unopened group"),
        ("matches", {"column": "a", "pattern": "(?=a)b"}, "look-around"),
        ("matches", {"column": "a", "pattern": r"(a)\1"}, "backreferences are not supported"),
        ("matches", {"column": "a", "pattern": "a{9999}{9999}"}, "size limit"),
        ("compare_columns", {"column": "a", "op": "~", "other": "b"}, "op"),
        ("compare_columns", {"column": "a", "op": "<", "other": "a"}, "compared with itself"),
        ("expression", {"condition": "a +"}, "not an SQL expression"),
        ("share_of", {"condition": "a + 1"}, "not a yes-or-no question"),
        ("unique", {"columns": []}, "at least 1"),
        ("unique", {"columns": ["a", "a"]}, "a is named twice"),
        ("foreign_key", {"references": "t.a"}, "either column or columns"),
        ("foreign_key", {"column": "a", "references": "faa"}, "pattern"),
        ("foreign_key", {"columns": ["a", "b"], "references": "t.a"}, "2 columns refer to 1"),
        ("foreign_key", {"columns": ["a", "b"], "references": ["t.a", "u.b"]}, "one table"),
        ("not_in_future", {"column": "a", "tolerance": "soon"}, "not a duration"),
        ("columns_match", {"columns": ["a"], "mode": "fuzzy"}, "'set', 'ordered' or 'subset'"),
        ("anomaly", {"metric": "m", "window": 5}, "window 5 is below min_history 14"),
        ("mean", {}, "required"),
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
        (
            "matches",
            {"column": "a", "pattern": "x"},
            nw.Int64(),
            "is an integer, matches needs a s",
        ),
        ("length", {"column": "a", "max": 1}, nw.Int64(), "is an integer, length needs a string"),
        ("in_range", {"column": "a", "max": 1}, nw.String(), "is a string, in_range needs a"),
        ("in_range", {"column": "a", "max": 1}, nw.Date(), "cannot be compared with integer 1"),
        ("in_set", {"column": "a", "values": ["x"]}, nw.Int8(), "cannot be compared with string"),
        ("in_set", {"column": "a", "values": [1]}, nw.List(nw.Int8), "is a nested or binary"),
        ("not_in_future", {"column": "a"}, nw.String(), "is a string, not_in_future needs a"),
    ],
)
def test_wrong_type_is_refused_before_any_row_is_read(
    name: str, parameters: dict[str, Any], dtype: nw.dtypes.DType, reason: str
) -> None:
    with pytest.raises(ValueError, match=f"column 'a'.*{reason}"):
        build(name, **parameters).passes(View({"a": dtype}, NOW))


@pytest.mark.parametrize("name", ["mean", "freshness"])
def test_aggregate_of_a_wrong_type_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"column 'a' is a string, {name} needs"):
        build(name, column="a").aggregates(View({"a": nw.String()}, NOW))


def test_foreign_key_reads_table_and_column_from_one_name() -> None:
    check = build("foreign_key", column="dest", references="bronze.airports.faa")
    assert check == ForeignKey(column="dest", references="bronze.airports.faa")
    assert check.reference() == Reference("bronze.airports", ("faa",))


@pytest.mark.parametrize(
    ("mode", "there", "value", "note"),
    [
        ("set", "b a", 0, ""),
        ("set", "a c", 2, "missing: b; unexpected: c"),
        ("subset", "a b c", 0, ""),
        ("subset", "c", 2, "missing: a, b"),
        ("ordered", "a b", 0, ""),
        ("ordered", "b a", 2, "out of order: a, b"),
    ],
)
def test_columns_match_counts_and_names_the_differences(
    mode: Any, there: str, value: float, note: str
) -> None:
    check = ColumnsMatch(expected=("a", "b"), mode=mode)
    measure = check.measure({}, View(dict.fromkeys(there.split(), nw.Int64()), NOW))
    assert (measure.value, measure.note) == (value, note)
