"""Values of partition columns: what Delta Lake cannot hold is refused, and nothing is mixed up."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dq_monitor.checks.in_range import InRange
from dq_monitor.errors import BatchTorn, PipelineInvalid, TableUnwritable, TypeUnsupported
from dq_monitor.gate import Gate, Outcome, Write
from dq_monitor.model.event import Origin
from dq_monitor.model.pack import Pack
from dq_monitor.model.rule import Limit, Rule, Threshold
from dq_monitor.model.table import Upsert, WriteMode, quarantine_of
from dq_monitor.store.memory import MemoryHistory, MemoryLog
from dq_monitor.tables import staging
from dq_monitor.tables.staging import NULL_PARTITION
from tests.bucket_server import Warehouse, local

TABLE = "silver.sales"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
ANY = Threshold(over=Limit(0))
RANGE = Rule("in_range.v", "in_range", InRange(column="v", min=0), error=ANY)
ORIGIN = Origin("test", "run")
REFUSED = "partition_value.shop"


class House:
    """A table with a partition for each shop."""

    def __init__(self, root: Warehouse, by: str = "shop") -> None:
        self.tables, self.log = root.tables(), MemoryLog()
        pack = Pack("sales", TABLE, "f1", rules=(RANGE,), partition_by=(by,))
        self.gate = Gate(
            tables=self.tables,
            packs={TABLE: pack},
            log=self.log,
            history=MemoryHistory(self.log),
        )

    def write(
        self, shops: list[str | None], values: list[int], key: str = "one", **how: object
    ) -> Outcome:
        frame = pl.LazyFrame(
            {"shop": shops, "v": values}, schema={"shop": pl.String, "v": pl.Int64}
        )
        write = Write(table=TABLE, frame=frame, write_id=key, origin=ORIGIN, now=NOW, **how)  # type: ignore[arg-type]
        return self.gate.write(write)

    def rows(self) -> list[tuple[str | None, int]]:
        found = self.tables.scan(TABLE).select("shop", "v").collect()
        return sorted(found.iter_rows(), key=repr)

    def refused(self) -> dict[tuple[str | None, int], list[str]]:
        there = self.tables.look(quarantine_of(TABLE))
        rows = there.scan().select("shop", "v", "_dq_reasons").collect().rows() if there else []
        return {(shop, v): reasons for shop, v, reasons in rows}


def test_what_delta_has_no_partition_for_is_refused_and_nothing_is_mixed_up(
    warehouse: Warehouse,
) -> None:
    house = House(warehouse)
    shops = ["", None, NULL_PARTITION, "x"]
    kept = house.write(shops, [1, 2, 3, 4])
    assert (kept.verdict.counts.kept, kept.verdict.counts.quarantined) == (2, 2)
    assert house.rows() == [("x", 4), (None, 2)]
    house.write(shops, [-1, -2, -3, -4], "two")
    assert house.refused() == {
        ("", 1): [REFUSED],
        (NULL_PARTITION, 3): [REFUSED],
        ("", -1): ["in_range.v", REFUSED],
        (None, -2): ["in_range.v"],
        (NULL_PARTITION, -3): ["in_range.v", REFUSED],
        ("x", -4): ["in_range.v"],
    }


def test_a_merge_by_an_empty_text_doubles_no_row(warehouse: Warehouse) -> None:
    house = House(warehouse)
    for key in ("one", "two"):
        house.write(["", "x"], [1, 2], key, mode=WriteMode.MERGE, upsert=Upsert(("shop",)))
    assert house.rows() == [("x", 2)]


def test_a_column_that_the_batch_has_not_cannot_part_it(warehouse: Warehouse) -> None:
    with pytest.raises(PipelineInvalid, match=r"no column 'shops' to partition .*\n.*'shop'\?"):
        House(warehouse, by="shops").write(["x"], [1])


@pytest.mark.parametrize("column", [[b"a"], [["a"]], [{"a": 1}]], ids=["binary", "list", "struct"])
def test_a_type_that_no_folder_can_be_called_by_is_told(
    local_warehouse: Warehouse, column: list[object]
) -> None:
    house = House(local_warehouse)
    frame = pl.LazyFrame({"shop": column, "v": [1]})
    write = Write(table=TABLE, frame=frame, write_id="one", origin=ORIGIN, now=NOW)
    with pytest.raises(TypeUnsupported, match="partition_by names 'shop', which is"):
        house.gate.write(write)
    assert not house.tables.exists(TABLE)


def test_a_value_that_no_folder_can_be_called_is_told(local_warehouse: Warehouse) -> None:
    with pytest.raises(TableUnwritable, match="too long for the name of a folder"):
        House(local_warehouse).write(["x" * 300, "y"], [1, 1])


@pytest.mark.parametrize("value", [1, -1], ids=["kept", "quarantined"])
def test_files_that_hold_less_than_was_counted_are_never_judged(
    local_warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, value: int
) -> None:
    house = House(local_warehouse)
    house.write(["x"], [1], "before")
    with monkeypatch.context() as broken:
        broken.setattr(staging, "_own_directory", lambda _: "same")
        with pytest.raises(BatchTorn, match=r"2 rows were .*, and their files hold 1"):
            house.write(["y", "z"], [value, value], "torn")
    assert house.rows() == [("x", 1)]
    house.write(["y", "z"], [value, value], "torn")
    assert sorted([*house.rows(), *house.refused()]) == [("x", 1), ("y", value), ("z", value)]


@pytest.fixture
def local_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    return local(tmp_path_factory.mktemp("warehouse"))


SHOPS = st.one_of(
    st.none(),
    st.sampled_from(["", NULL_PARTITION, "a=b", "a/b", "%2F", "%", " ", ".", "..", "null", "\\"]),
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=4),
)


@settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15
)
@given(rows=st.lists(st.tuples(SHOPS, st.sampled_from([-1, 1])), min_size=1, max_size=8))
def test_every_row_is_in_the_table_or_in_quarantine_as_it_came(
    rows: list[tuple[str | None, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    house = House(local(tmp_path_factory.mktemp("shops")))
    numbered = [(shop, sign * number) for number, (shop, sign) in enumerate(rows, start=1)]
    house.write([shop for shop, _ in numbered], [value for _, value in numbered])
    assert sorted([*house.rows(), *house.refused()], key=repr) == sorted(numbered, key=repr)
