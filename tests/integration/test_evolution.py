"""Changes of schema through the gate: all told by kind, no value changed, old and new are read."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from deltalake import DeltaTable, Field, Schema
from deltalake.schema import PrimitiveType

from dq_monitor.checks.in_range import InRange
from dq_monitor.checks.is_null import IsNull
from dq_monitor.errors import ContractBroken
from dq_monitor.examination import CONTRACT, examine
from dq_monitor.gate import Gate, Outcome, Write
from dq_monitor.model.difference import Change, Difference
from dq_monitor.model.event import Origin, WriteJudged
from dq_monitor.model.pack import ColumnContract, Contract, OnExtra, OnMismatch, Pack
from dq_monitor.model.rule import Limit, Rule, Threshold
from dq_monitor.model.table import Upsert, WriteMode, quarantine_of
from dq_monitor.model.types import type_name
from dq_monitor.model.verdict import Status, Verdict
from dq_monitor.model.widening import widens
from dq_monitor.store.memory import MemoryHistory, MemoryLog
from dq_monitor.tables.delta import DeltaTables

NOW = datetime(2013, 2, 9, 11, tzinfo=UTC)
TABLE = "silver.t"
ORIGIN = Origin(job="test", run_id="00000000-0000-0000-0000-000000000001")
VALUES: Mapping[str, pl.Series] = {
    "string": pl.Series(["7", None]),
    "boolean": pl.Series([True, None]),
    "int8": pl.Series([7, None], dtype=pl.Int8),
    "int16": pl.Series([7, None], dtype=pl.Int16),
    "int32": pl.Series([7, None], dtype=pl.Int32),
    "int64": pl.Series([2**53 + 1, None]),
    "float32": pl.Series([0.1, None], dtype=pl.Float32),
    "float64": pl.Series([1.9, None]),
    "date": pl.Series([date(2013, 1, 1), None]),
    "datetime": pl.Series([datetime(2013, 1, 1, 2, 3, 4, 5, UTC), None]),
    "naive": pl.Series([datetime(2013, 1, 1, 2, 3, 4, 5), None]),  # noqa: DTZ001 - a naive one
    "decimal": pl.Series([Decimal("1.95"), None], dtype=pl.Decimal(12, 2)),
    "binary": pl.Series([b"\xff\x00", None]),
    "list": pl.Series([[1, None], None]),
    "struct": pl.Series([{"x": 1}, None]),
}
NAMES = list(VALUES)
OLD = pl.DataFrame({"id": [1, 2], "part": ["a", "a"], **VALUES})
NEW = OLD.with_columns(id=pl.Series([3, 4]))


class House:
    """A warehouse with one table, which changes its contract from pack to pack."""

    def __init__(self, root: Path) -> None:
        self.tables = DeltaTables(str(root))
        self.log = MemoryLog()
        self.writes = 0

    def write(
        self,
        frame: pl.DataFrame,
        contract: Contract,
        mode: WriteMode = WriteMode.APPEND,
        *rules: Rule,
    ) -> Outcome:
        self.writes += 1
        pack = Pack("t", TABLE, "f", contract=contract, rules=rules)
        history = MemoryHistory(self.log)
        gate = Gate(tables=self.tables, packs={TABLE: pack}, log=self.log, history=history)
        merges = mode is WriteMode.MERGE
        return gate.write(
            Write(
                table=TABLE,
                frame=frame.lazy(),
                write_id=f"w{self.writes}",
                origin=ORIGIN,
                now=NOW,
                mode=mode,
                partition_by=("part",),
                upsert=Upsert(("id",)) if merges else None,
            )
        )

    def rows(self, version: int | None = None) -> pl.DataFrame:
        return self.tables.scan(TABLE, version).collect().sort("id")

    def told(self) -> tuple[Difference, ...]:
        event = next(
            r.event for r in reversed(self.log.read(0, 99)) if isinstance(r.event, WriteJudged)
        )
        return event.differences


def swapped(frame: pl.DataFrame) -> pl.DataFrame:
    """Give every column the values and the type of the next one."""
    following = dict(zip(NAMES, [*NAMES[1:], NAMES[0]], strict=True))
    return frame.select("id", "part", *(pl.col(following[n]).alias(n) for n in NAMES))


CHANGES: Mapping[Change, Callable[[pl.DataFrame], pl.DataFrame]] = {
    Change.ADDED: lambda f: f.with_columns(pl.col(n).alias(f"new_{n}") for n in NAMES),
    Change.REMOVED: lambda f: f.select("id", "part"),
    Change.RENAMED: lambda f: f.rename({n: f"{n}_2" for n in NAMES}),
    Change.RETYPED: swapped,
    Change.REORDERED: lambda f: f.select(reversed(f.columns)),
    Change.CASE: lambda f: f.rename({n: n.upper() for n in NAMES}),
}
NOTHING = Contract()
PROMISED = Contract({n: ColumnContract(type_name(OLD.schema[n])) for n in OLD.columns})
RESCUING = Contract(PROMISED.columns, on_extra=OnExtra.RESCUE, on_mismatch=OnMismatch.RESCUE)


def expected(change: Change, came: pl.DataFrame) -> set[tuple[Change, str]]:
    """Return what should be told of each column."""
    match change:
        case Change.ADDED:
            return {(change, f"new_{n}") for n in NAMES}
        case Change.REORDERED:
            return {(change, "struct")}
        case Change.RETYPED:
            return {(kind(OLD.schema[n], came.schema[n]), n) for n in NAMES}
        case _:
            return {(change, n) for n in NAMES}


def kind(before: pl.DataType, after: pl.DataType) -> Change:
    if widens(before, after):
        return Change.WIDENED
    return Change.NARROWED if widens(after, before) else Change.RETYPED


def as_it_came(name: str, row: Mapping[str, object], kept: Mapping[str, object]) -> bool:
    """Say whether a value is where it should be, or in `_rescued`, or was null."""
    if name in kept and kept[name] is not None:
        return kept[name] == row[name]
    lost = json.loads(str(kept["_rescued"])) if kept.get("_rescued") else {}
    return row[name] is None or name in lost


@pytest.mark.parametrize(
    "contract", [NOTHING, PROMISED, RESCUING], ids=["bare", "promised", "rescuing"]
)
@pytest.mark.parametrize("mode", list(WriteMode))
@pytest.mark.parametrize("change", list(CHANGES))
def test_every_change_is_told_and_changes_no_value(
    change: Change, mode: WriteMode, contract: Contract, tmp_path: Path
) -> None:
    house = House(tmp_path)
    house.write(OLD, contract)
    before = house.rows()
    came = CHANGES[change](NEW)
    try:
        house.write(came, contract, mode)
        told = house.told()
        refused = False
    except ContractBroken as error:
        told, refused = error.differences, True
    assert {(one.kind, one.column) for one in told} == expected(change, came)
    assert refused is any(one.breaking for one in told)
    after = house.rows()
    if refused:
        assert after.equals(before)
        return
    stays = mode in {WriteMode.APPEND, WriteMode.MERGE}
    assert after["id"].to_list() == ([1, 2, 3, 4] if stays else [3, 4])
    if stays:
        assert after.head(2).select(before.columns).equals(before)
    for row, kept in zip(came.rows(named=True), after.tail(2).rows(named=True), strict=True):
        assert [n for n in came.columns if not as_it_came(n, row, kept)] == []


@pytest.mark.parametrize(
    ("value", "kept"), [(1.9, None), ("7", None), (2.0, 2), (True, None)], ids=str
)
def test_a_value_of_another_type_is_refused_or_rescued_never_cast(
    value: object, kept: int | None, tmp_path: Path
) -> None:
    house = House(tmp_path)
    rows = pl.DataFrame({"id": [1], "part": ["a"]})
    contract = Contract({"id": ColumnContract("int64"), "part": ColumnContract("string")})
    rescuing = Contract(contract.columns, on_mismatch=OnMismatch.RESCUE)
    house.write(rows, contract)
    came = rows.with_columns(pl.Series("id", [value]))
    with pytest.raises(ContractBroken, match="'id' should be int64"):
        house.write(came, contract)
    house.write(came, rescuing)
    made = house.rows().rows(named=True)
    rescued = None if kept else json.dumps({"id": value}, separators=(",", ":"))
    assert {"id": kept, "part": "a", "_rescued": rescued} in made
    assert {"id": 1, "part": "a", "_rescued": None} in made


def test_a_table_is_widened_by_an_overwrite_and_older_versions_stay_readable(
    tmp_path: Path,
) -> None:
    house = House(tmp_path)
    narrow = Contract({"v": ColumnContract("int32")})
    wide = Contract({"v": ColumnContract("int64")})
    old = pl.DataFrame({"id": [1], "part": ["a"], "v": pl.Series([7], dtype=pl.Int32)})
    first = house.write(old, narrow).version
    new = pl.DataFrame({"id": [2], "part": ["a"], "v": [2**40]})
    with pytest.raises(ContractBroken) as refused:
        house.write(new, wide)
    assert "'v' should be int32 and is int64" in refused.value.detail
    assert "mode overwrite, under a contract that says int64" in refused.value.fix
    house.write(old, wide)  # a producer that still sends int32 is no trouble
    house.write(house.rows(), wide, WriteMode.OVERWRITE)
    assert house.rows().schema["v"] == pl.Int64
    house.write(new, wide)
    house.write(old, wide)
    assert house.rows()["v"].to_list() == [7, 7, 7, 2**40]
    assert house.rows(first).schema["v"] == pl.Int32
    assert house.rows(first)["v"].to_list() == [7]


def test_quarantine_takes_rows_of_the_new_type_beside_those_of_the_old(tmp_path: Path) -> None:
    house = House(tmp_path)
    rule = Rule("small", "in_range", InRange(column="v", max=9), error=Threshold(over=Limit(0)))
    base = pl.DataFrame({"id": [1, 2], "part": ["a", "a"]})
    old = base.with_columns(v=pl.Series([1, 99], dtype=pl.Int32))
    house.write(old, Contract({"v": ColumnContract("int32")}), WriteMode.OVERWRITE, rule)
    new = base.with_columns(v=pl.Series([2, 2**40]))
    house.write(new, Contract({"v": ColumnContract("int64")}), WriteMode.OVERWRITE, rule)
    held = house.tables.scan(quarantine_of(TABLE)).collect()
    assert held.select("v", "_rescued").sort("v", nulls_last=True).rows() == [
        (99, None),
        (None, f'{{"v":{2**40}}}'),
    ]


def test_no_null_gets_into_a_column_that_the_table_forbids_it(tmp_path: Path) -> None:
    house = House(tmp_path)
    columns = [
        Field("id", PrimitiveType("long"), nullable=False),
        Field("part", PrimitiveType("string")),
    ]
    DeltaTable.create(house.tables.uri(TABLE), Schema(columns), partition_by=["part"])
    rows = pl.DataFrame({"id": [1, None], "part": ["a", "a"]})
    outcome = house.write(rows, NOTHING)
    assert outcome.failing == {"table.not_null.id": 1}
    assert house.rows().rows() == [(1, "a")]
    with pytest.raises(ContractBroken, match=r"column 'id' \(int64\) is missing"):
        house.write(rows.drop("id"), NOTHING)


@pytest.fixture
def grown(tmp_path: Path) -> tuple[House, int, Contract, Contract]:
    """Return a table of which version 1 is older than its contract, and both contracts."""
    house = House(tmp_path)
    old = Contract({"id": ColumnContract("int64"), "v": ColumnContract("int32")})
    new = Contract({**old.columns, "v": ColumnContract("int64"), "w": ColumnContract("string")})
    rows = pl.DataFrame({"id": [1], "part": ["a"], "v": pl.Series([7], dtype=pl.Int32)})
    version = house.write(rows, old).version
    assert version is not None
    house.write(rows.cast({"v": pl.Int64}).with_columns(w=pl.lit("x")), new, WriteMode.OVERWRITE)
    return house, version, old, new


def test_old_data_keep_the_new_contract_and_new_data_are_told_apart_from_the_old(
    grown: tuple[House, int, Contract, Contract],
) -> None:
    house, version, old, new = grown

    def finding(contract: Contract, at: int | None) -> tuple[Status, str]:
        pack = Pack("t", TABLE, "f", contract=contract)
        verdict = _examined(house, pack, at)
        (one,) = (f for f in verdict.findings if f.rule_id == CONTRACT)
        return one.status, one.message

    assert finding(new, version)[0] is Status.PASS
    assert finding(new, None)[0] is Status.PASS
    status, message = finding(old, None)
    assert status is Status.FAIL
    assert "column 'v' should be int32 and is int64" in message


def test_a_rule_on_a_column_that_old_data_lack_sees_nulls_there(
    grown: tuple[House, int, Contract, Contract],
) -> None:
    house, version, _, new = grown
    rule = Rule("w", "in_range", InRange(column="v", max=9), error=Threshold(over=Limit(0)))
    there = Rule("null", "is_null", IsNull(column="w"), error=Threshold(over=Limit(0)))
    pack = Pack("t", TABLE, "f", contract=new, rules=(rule, there))
    verdict = _examined(house, pack, version)
    assert {f.rule_id: f.status for f in verdict.findings} == {
        CONTRACT: Status.PASS,
        "w": Status.PASS,
        "null": Status.PASS,
    }


def _examined(house: House, pack: Pack, version: int | None) -> Verdict:
    table = house.tables.open(TABLE, version)
    return examine(pack, table.scan(), {}, subject="s", now=NOW, files=table.sizes())
