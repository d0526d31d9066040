from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
import pytest

from dq_monitor.evolution import StoredColumns, differences
from dq_monitor.model.difference import Change, Difference, Fate
from dq_monitor.model.pack import ColumnContract, Contract, Evolution, OnExtra, OnMismatch

ADDITIVE, STRICT, ANY = Evolution.ADDITIVE, Evolution.STRICT, Evolution.ANY
TABLE: Mapping[str, pl.DataType] = {"id": pl.Int64(), "name": pl.String()}


def found(
    batch: Mapping[str, pl.DataType],
    stored: Mapping[str, pl.DataType] | None = None,
    columns: Mapping[str, ColumnContract] | None = None,
    *,
    required: frozenset[str] = frozenset(),
    replaced: bool = False,
    **policy: Any,
) -> list[tuple[Change, str, str, str, Fate]]:
    contract = Contract(columns or {}, **policy)
    table = None if stored is None else StoredColumns(pl.Schema(stored), required, replaced)
    told = differences(contract, table, pl.Schema(batch))
    return [(one.kind, one.column, one.before, one.after, one.fate) for one in told]


INT, TEXT = ColumnContract("int64", nullable=False), ColumnContract("string")
BOTH = {"id": INT, "name": TEXT}


def test_a_batch_as_expected_differs_in_nothing() -> None:
    assert found(TABLE, TABLE, BOTH, evolution=STRICT, on_extra=OnExtra.REJECT) == []
    assert found(TABLE) == []


@pytest.mark.parametrize(
    ("policy", "fate"),
    [
        ({}, Fate.KEPT),
        ({"evolution": STRICT}, Fate.REFUSED),
        ({"on_extra": OnExtra.DROP}, Fate.DROPPED),
        ({"on_extra": OnExtra.REJECT}, Fate.REFUSED),
        ({"on_extra": OnExtra.RESCUE}, Fate.RESCUED),
        ({"on_extra": OnExtra.DROP, "evolution": STRICT}, Fate.DROPPED),
    ],
    ids=str,
)
@pytest.mark.parametrize("columns", [{}, BOTH], ids=["table", "contract"])
def test_an_added_column_goes_as_the_policy_says(
    policy: Mapping[str, Any], fate: Fate, columns: Mapping[str, ColumnContract]
) -> None:
    batch = {**TABLE, "x": pl.Date()}
    assert found(batch, TABLE, columns, **policy) == [(Change.ADDED, "x", "", "date", fate)]


@pytest.mark.parametrize(
    ("evolution", "fate"), [(ADDITIVE, Fate.KEPT), (ANY, Fate.KEPT), (STRICT, Fate.REFUSED)]
)
def test_a_column_that_the_contract_got_is_new_to_the_table(
    evolution: Evolution, fate: Fate
) -> None:
    told = found(TABLE, {"id": pl.Int64()}, BOTH, evolution=evolution)
    assert told == [(Change.ADDED, "name", "", "string", fate)]


@pytest.mark.parametrize(
    ("name", "evolution", "fate"),
    [
        ("name", ADDITIVE, Fate.NULL),
        ("name", ANY, Fate.NULL),
        ("name", STRICT, Fate.REFUSED),
        ("id", ANY, Fate.REFUSED),
    ],
)
def test_a_removed_column_is_null_only_where_it_may_be(
    name: str, evolution: Evolution, fate: Fate
) -> None:
    batch = {n: t for n, t in TABLE.items() if n != name}
    (one,) = found(batch, TABLE, BOTH, evolution=evolution)
    assert one[:2] + one[4:] == (Change.REMOVED, name, fate)


def test_a_column_that_the_table_requires_may_not_be_missing() -> None:
    (one,) = found({"name": pl.String()}, TABLE, required=frozenset({"id"}))
    assert one == (Change.REMOVED, "id", "int64", "", Fate.REFUSED)


@pytest.mark.parametrize(
    ("policy", "fate"),
    [
        ({}, Fate.REFUSED),
        ({"on_extra": OnExtra.DROP}, Fate.REFUSED),
        ({"on_extra": OnExtra.RESCUE}, Fate.NULL),
        ({"evolution": ANY}, Fate.NULL),
        ({"evolution": STRICT}, Fate.REFUSED),
    ],
    ids=str,
)
def test_a_renamed_column_is_refused_where_its_values_would_be_lost(
    policy: Mapping[str, Any], fate: Fate
) -> None:
    batch = {"id": pl.Int64(), "full_name": pl.String()}
    assert found(batch, TABLE, BOTH, **policy) == [
        (Change.RENAMED, "name", "name", "full_name", fate)
    ]


@pytest.mark.parametrize(
    ("batch", "told"),
    [
        ({"id": pl.Int64(), "names": pl.String()}, Change.RENAMED),
        ({"id": pl.Int64(), "zzz": pl.String()}, Change.RENAMED),
        ({"zzz": pl.String(), "id": pl.Int64()}, Change.REMOVED),
        ({"id": pl.Int64(), "names": pl.Date()}, Change.REMOVED),
    ],
    ids=["name", "place", "neither", "type"],
)
def test_without_a_contract_a_rename_is_one_by_name_or_place(
    batch: Mapping[str, pl.DataType], told: Change
) -> None:
    assert found(batch, TABLE)[0][0] is told


@pytest.mark.parametrize(
    ("before", "after", "kind", "fate"),
    [
        (pl.Int64(), pl.Int32(), Change.NARROWED, Fate.CAST),
        (pl.Int64(), pl.Null(), Change.NARROWED, Fate.CAST),
        (pl.Int32(), pl.Int64(), Change.WIDENED, Fate.REFUSED),
        (pl.Float64(), pl.Int64(), Change.RETYPED, Fate.REFUSED),
        (pl.Int64(), pl.Float64(), Change.RETYPED, Fate.REFUSED),
        (pl.Int64(), pl.String(), Change.RETYPED, Fate.REFUSED),
        (pl.Decimal(12, 2), pl.Decimal(10, 2), Change.NARROWED, Fate.CAST),
        (pl.Decimal(12, 2), pl.Decimal(12, 3), Change.RETYPED, Fate.REFUSED),
        (pl.Decimal(10, 2), pl.Decimal(12, 2), Change.WIDENED, Fate.REFUSED),
        (pl.Datetime("us", "UTC"), pl.Datetime("us", "Europe/Paris"), Change.NARROWED, Fate.CAST),
        (pl.Datetime("us", "UTC"), pl.Datetime("us"), Change.RETYPED, Fate.REFUSED),
        (pl.Datetime("us"), pl.Datetime("ms"), Change.NARROWED, Fate.CAST),
        (pl.Datetime("us"), pl.Date(), Change.RETYPED, Fate.REFUSED),
        (pl.List(pl.Int64()), pl.Array(pl.Int64(), 2), Change.NARROWED, Fate.CAST),
    ],
    ids=str,
)
def test_a_type_is_cast_only_where_no_value_can_change(
    before: pl.DataType, after: pl.DataType, kind: Change, fate: Fate
) -> None:
    (one,) = found({"v": after}, {"v": before})
    assert (one[0], one[4]) == (kind, fate)
    strict = [one[4] for one in found({"v": after}, {"v": before}, evolution=STRICT)]
    assert strict == [Fate.REFUSED]


@pytest.mark.parametrize(
    ("policy", "of_column", "fate"),
    [
        (OnMismatch.RESCUE, None, Fate.RESCUED),
        (OnMismatch.DROP, None, Fate.DROPPED),
        (OnMismatch.RESCUE, OnMismatch.REJECT, Fate.REFUSED),
        (OnMismatch.REJECT, OnMismatch.RESCUE, Fate.RESCUED),
    ],
)
def test_a_column_has_a_policy_of_its_own(
    policy: OnMismatch, of_column: OnMismatch | None, fate: Fate
) -> None:
    columns = {"v": ColumnContract("int64", on_mismatch=of_column)}
    (one,) = found({"v": pl.String()}, None, columns, on_mismatch=policy)
    assert one == (Change.RETYPED, "v", "int64", "string", fate)


def test_a_column_that_must_hold_values_is_not_dropped_and_bytes_in_lists_not_rescued() -> None:
    columns = {"v": ColumnContract("int64", nullable=False)}
    (one,) = found({"v": pl.String()}, None, columns, on_mismatch=OnMismatch.DROP)
    assert one[4] is Fate.REFUSED
    nested = {"v": pl.List(pl.Struct({"x": pl.Binary()}))}
    (one,) = found(nested, {"v": pl.Int64()}, on_mismatch=OnMismatch.RESCUE)
    assert one[4] is Fate.REFUSED


@pytest.mark.parametrize("batch", [pl.Int64(), pl.Int32()], ids=str)
@pytest.mark.parametrize("replaced", [True, False])
def test_a_contract_wider_than_its_table(batch: pl.DataType, *, replaced: bool) -> None:
    told = found({"v": batch}, {"v": pl.Int32()}, {"v": ColumnContract("int64")}, replaced=replaced)
    wide, narrow = ("int64", "int32")
    assert (
        told
        == {
            (True, True): [],
            (True, False): [(Change.WIDENED, "v", narrow, wide, Fate.REFUSED)],
            (False, True): [(Change.NARROWED, "v", wide, narrow, Fate.CAST)],
            (False, False): [(Change.NARROWED, "v", wide, narrow, Fate.KEPT)],
        }[batch == pl.Int64(), replaced]
    )


@pytest.mark.parametrize(
    ("batch", "policy", "fate"),
    [
        ({"Id": pl.Int64(), "name": pl.String()}, {}, Fate.REFUSED),
        ({"Id": pl.Int64(), "name": pl.String()}, {"on_extra": OnExtra.DROP}, Fate.REFUSED),
        ({**TABLE, "Id": pl.Int64()}, {}, Fate.REFUSED),
        ({**TABLE, "Id": pl.Int64()}, {"on_extra": OnExtra.DROP}, Fate.DROPPED),
        ({**TABLE, "Id": pl.Int64()}, {"on_extra": OnExtra.RESCUE}, Fate.RESCUED),
    ],
    ids=["instead", "instead, dropped", "beside", "beside, dropped", "beside, rescued"],
)
def test_a_name_in_other_letters_is_never_a_second_column(
    batch: Mapping[str, pl.DataType], policy: Mapping[str, Any], fate: Fate
) -> None:
    assert found(batch, TABLE, **policy) == [(Change.CASE, "id", "id", "Id", fate)]


def test_reordered_columns_are_told_once_and_kept() -> None:
    assert found({"name": pl.String(), "id": pl.Int64()}, TABLE, BOTH, evolution=STRICT) == [
        (Change.REORDERED, "name", "2", "1", Fate.KEPT)
    ]


def test_a_column_of_nulls_where_none_may_be_is_told() -> None:
    told = found({"id": pl.Null(), "name": pl.String()}, TABLE, BOTH)
    assert told == [(Change.NULLABILITY, "id", "int64", "null", Fate.CAST)]


def test_the_column_for_the_rescued_is_neither_extra_nor_missing() -> None:
    batch = {**TABLE, "_rescued": pl.String()}
    rescuing: Mapping[str, Any] = {"on_extra": OnExtra.REJECT, "on_mismatch": OnMismatch.RESCUE}
    assert found(batch, TABLE, BOTH, **rescuing) == []
    assert found(TABLE, batch, BOTH, **rescuing) == []
    assert [one[0] for one in found(batch, TABLE, BOTH)] == [Change.ADDED]


def test_a_difference_reads_as_a_sentence() -> None:
    told = [
        Difference(Change.ADDED, "x", "", "date"),
        Difference(Change.ADDED, "x", "", "date", Fate.REFUSED),
        Difference(Change.REMOVED, "x", "date", "", Fate.NULL),
        Difference(Change.RETYPED, "x", "int64", "string", Fate.RESCUED),
        Difference(Change.REORDERED, "x", "2", "1"),
        Difference(Change.CASE, "x", "x", "X", Fate.REFUSED),
    ]
    assert list(map(str, told)) == [
        "column 'x' (date) is new",
        "column 'x' (date) is not expected",
        "column 'x' (date) is missing: added as null",
        "column 'x' should be int64 and is string: what does not fit is in _rescued",
        "column 'x' comes as number 1, not 2",
        "column 'X' differs from 'x' only in case",
    ]
