from __future__ import annotations

import polars as pl
import pytest

from dq_monitor.engines.contract import keep_contract, to_pandera
from dq_monitor.errors import ContractBroken
from dq_monitor.model.pack import ColumnContract, Contract, Evolution, OnExtra

COLUMNS = {"id": ColumnContract("int64", nullable=False), "v": ColumnContract("float64")}


def kept(
    frame: pl.DataFrame,
    evolution: Evolution = Evolution.ADDITIVE,
    on_extra: OnExtra = OnExtra.KEEP,
) -> pl.DataFrame:
    contract = Contract(COLUMNS, evolution, on_extra)
    return keep_contract("silver.t", contract, frame.lazy()).collect()


def test_a_nullable_column_that_is_missing_comes_as_null() -> None:
    assert kept(pl.DataFrame({"id": [1]})).rows(named=True) == [{"id": 1, "v": None}]


@pytest.mark.parametrize(
    ("on_extra", "columns"), [(OnExtra.KEEP, ["id", "v", "x"]), (OnExtra.DROP, ["id", "v"])]
)
def test_an_extra_column_stays_or_goes(on_extra: OnExtra, columns: list[str]) -> None:
    frame = pl.DataFrame({"id": [1], "v": [1.0], "x": ["a"]})
    assert kept(frame, on_extra=on_extra).columns == columns


@pytest.mark.parametrize("dtype", [pl.Int8, pl.Int16, pl.Int32, pl.UInt8, pl.UInt32], ids=str)
def test_a_narrower_type_is_widened_without_a_change(dtype: type[pl.DataType]) -> None:
    frame = pl.DataFrame({"id": [7], "v": [7]}, schema={"id": dtype, "v": dtype})
    assert kept(frame).rows() == [(7, 7.0)]


def test_a_column_of_nulls_takes_the_promised_type() -> None:
    assert kept(pl.DataFrame({"id": [1], "v": [None]})).schema["v"] == pl.Float64


@pytest.mark.parametrize(
    ("frame", "told"),
    [
        ({"v": [1.0]}, "column 'id' (int64) is missing"),
        ({"id": ["1"], "v": [1.0]}, "column 'id' should be int64 and is string"),
        ({"id": [1.9], "v": [1.0]}, "column 'id' should be int64 and is float64"),
        ({"id": [1], "v": [2**53 + 1]}, "column 'v' should be float64 and is int64"),
        ({"id": [1], "w": [1.0]}, "column 'v' is missing and 'w' is new and of the same type"),
    ],
    ids=["missing", "text", "fraction", "too wide", "renamed"],
)
def test_what_would_change_or_lose_a_value_is_refused(
    frame: dict[str, list[object]], told: str
) -> None:
    with pytest.raises(ContractBroken) as refused:
        kept(pl.DataFrame(frame))
    assert told in refused.value.detail
    assert refused.value.fix


@pytest.mark.parametrize(
    ("frame", "told"),
    [
        ({"id": [1]}, "column 'v' (float64) is missing"),
        ({"id": pl.Series([1], dtype=pl.Int32), "v": [1.0]}, "'id' should be int64 and is int32"),
    ],
    ids=["missing", "narrower"],
)
def test_strict_takes_nothing_else(frame: dict[str, object], told: str) -> None:
    with pytest.raises(ContractBroken) as refused:
        kept(pl.DataFrame(frame), Evolution.STRICT)
    assert told in refused.value.detail


def test_any_evolution_lets_a_column_be_renamed() -> None:
    assert kept(pl.DataFrame({"id": [1], "w": [1.0]}), Evolution.ANY)["v"].to_list() == [None]


def test_the_contract_is_a_pandera_schema_for_others_too() -> None:
    schema = to_pandera(Contract(COLUMNS), "silver.t")
    assert list(schema.columns) == ["id", "v"]
    assert schema.columns["id"].required


def test_a_column_beside_one_that_differs_only_in_case_is_not_to_take_its_name() -> None:
    with pytest.raises(ContractBroken) as alone:
        kept(pl.DataFrame({"ID": [1], "v": [1.0]}))
    assert "rename it to 'id'" in alone.value.fix
    with pytest.raises(ContractBroken) as beside:
        kept(pl.DataFrame({"id": [1], "ID": [1], "v": [1.0]}))
    assert "drop 'ID' in the step, or give it another name" in beside.value.fix
    assert "rename it to" not in beside.value.fix
