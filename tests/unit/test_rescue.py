"""Nothing is lost and nothing is changed: a value is in its column, or in `_rescued`, as it was."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dq_monitor.engines.contract import keep_contract
from dq_monitor.model.pack import ColumnContract, Contract, OnExtra, OnMismatch

NAN, INF = float("nan"), float("inf")


def rescued(values: pl.Series, goal: str) -> list[tuple[object, object]]:
    """Return what is in the column and what was rescued, by row."""
    contract = Contract({"v": ColumnContract(goal)}, on_mismatch=OnMismatch.RESCUE)
    rows = keep_contract("silver.t", contract, values.alias("v").to_frame().lazy())
    kept = rows.collect(engine="streaming")
    assert kept.columns == ["v", "_rescued"]
    return [(v, json.loads(text)["v"] if text else None) for v, text in kept.rows()]


@pytest.mark.parametrize(
    ("values", "goal", "answer"),
    [
        ([1.9, 2.0, None], "int64", [(None, 1.9), (2, None), (None, None)]),
        (["7", "", None], "int64", [(None, "7"), (None, ""), (None, None)]),
        ([NAN, INF, -INF, 2.0**63], "int64", [(None, n) for n in ("NaN", "inf", "-inf", 2.0**63)]),
        ([2**53, 2**53 + 1], "float64", [(2.0**53, None), (None, 2**53 + 1)]),
        ([2**40, -5], "int32", [(None, 2**40), (-5, None)]),
        ([5, None], "string", [(None, 5), (None, None)]),
        ([True, False], "int64", [(None, True), (None, False)]),
        ([0.1, 0.5], "float32", [(None, 0.1), (0.5, None)]),
        ([Decimal("1.90"), Decimal("2.00")], "int64", [(None, "1.90"), (2, None)]),
        ([Decimal("1.95"), Decimal("1.90")], "decimal(5, 1)", None),
        ([1.5, 2.0], "decimal(5, 1)", [(None, 1.5), (None, 2.0)]),
        ([date(2013, 1, 1)], "string", [(None, "2013-01-01")]),
        (["2013-01-01"], "date", [(None, "2013-01-01")]),
        ([datetime(2013, 1, 1, tzinfo=UTC)], "date", [(None, "2013-01-01T00:00:00+00:00")]),
        ([time(1, 2)], "string", [(None, "01:02:00")]),
        ([timedelta(days=1)], "int64", [(None, "PT86400S")]),
        ([b"\xff\x01"], "string", [(None, "ff01")]),
        ([[1.5, NAN, None]], "string", [(None, ["1.5", "NaN", None])]),
        ([{"a": INF, "b": [1]}], "string", [(None, {"a": "inf", "b": [1]})]),
        (['he said "no"\n\\é\x01'], "int64", [(None, 'he said "no"\n\\é\x01')]),
    ],
    ids=str,
)
def test_a_value_that_is_not_just_the_same_goes_to_rescued(
    values: list[object], goal: str, answer: list[tuple[object, object]] | None
) -> None:
    answer = answer or [(None, "1.95"), (Decimal("1.9"), None)]
    assert rescued(pl.Series(values), goal) == answer


@given(st.lists(st.floats() | st.integers(-(2**53), 2**53).map(float) | st.none()))
def test_no_float_changes_on_its_way_into_an_integer(values: list[float | None]) -> None:
    for before, (kept, lost) in zip(
        values, rescued(pl.Series(values, dtype=pl.Float64), "int64"), strict=True
    ):
        if kept is not None:
            assert (kept, lost) == (before, None)
        elif before is None:
            assert lost is None
        else:
            assert float(str(lost)) == before or before != before  # noqa: PLR0124 - NaN


@given(st.lists(st.integers(-(2**63), 2**63 - 1)))
def test_no_integer_changes_on_its_way_into_a_float(values: list[int]) -> None:
    came = pl.Series(values, dtype=pl.Int64)
    for before, (kept, lost) in zip(values, rescued(came, "float64"), strict=True):
        if kept is None:
            assert lost == before
        else:
            assert isinstance(kept, float)
            assert (int(kept), lost) == (before, None)


def test_columns_that_nobody_expects_are_rescued_in_one_object() -> None:
    frame = pl.DataFrame({'he"y': ["x", None], "t": [time(1), None], "v": ["1", "2"]})
    contract = Contract(
        {"v": ColumnContract("int64")}, on_extra=OnExtra.RESCUE, on_mismatch=OnMismatch.RESCUE
    )
    rows = keep_contract("silver.t", contract, frame.lazy()).collect()
    assert rows.columns == ["v", "_rescued"]
    assert [json.loads(text) for text in rows["_rescued"]] == [
        {'he"y': "x", "t": "01:00:00", "v": "1"},
        {"v": "2"},
    ]


def test_what_was_rescued_before_stays() -> None:
    frame = pl.DataFrame({"v": ["1", None, "2"], "_rescued": ['{"a":1}', '{"a":{}}', None]})
    contract = Contract({"v": ColumnContract("int64")}, on_mismatch=OnMismatch.RESCUE)
    rows = keep_contract("silver.t", contract, frame.lazy()).collect()
    assert rows["_rescued"].to_list() == ['{"a":1,"v":"1"}', '{"a":{}}', '{"v":"2"}']


def test_a_table_that_rescues_has_the_column_from_the_start() -> None:
    contract = Contract({"v": ColumnContract("int64")}, on_mismatch=OnMismatch.RESCUE)
    rows = keep_contract("silver.t", contract, pl.LazyFrame({"v": [1]})).collect()
    assert rows.schema["_rescued"] == pl.String
    assert rows["_rescued"].to_list() == [None]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (["mine", "[1]", "{}", "{", ' {"a": 1}'], None),
        ([7, None], None),
        (['{"a":1}', None], [{"a": 1}, None]),
    ],
    ids=["texts", "numbers", "ours"],
)
@pytest.mark.parametrize("extra", [False, True], ids=["alone", "beside a lost value"])
def test_what_came_in_the_column_for_it_is_kept_as_it_came(
    before: list[object], after: list[object] | None, *, extra: bool
) -> None:
    contract = Contract({"id": ColumnContract("int64")}, on_extra=OnExtra.RESCUE)
    rows = pl.DataFrame({"id": range(len(before)), "_rescued": before})
    rows = rows.with_columns(x=pl.lit(9)) if extra else rows
    kept = keep_contract("silver.t", contract, rows.lazy()).collect(engine="streaming")
    found = [json.loads(text) if text else {} for text in kept["_rescued"]]
    mine: list[Any] = (
        [{} if v is None else {"_rescued": v} for v in before] if after is None else after
    )
    assert found == [{**(one or {}), **({"x": 9} if extra else {})} for one in mine]
