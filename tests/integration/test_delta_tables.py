from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Barrier

import polars as pl
import pytest

from dq_monitor.errors import (
    CommitContended,
    ContractBroken,
    TableMissing,
    TableUnreadable,
    UsageError,
)
from dq_monitor.model.care import CHECKPOINT_EVERY
from dq_monitor.model.pack import Evolution
from dq_monitor.model.table import WriteMode
from dq_monitor.tables.delta import Commit, DeltaTables
from dq_monitor.tables.snapshot import Snapshot
from dq_monitor.tables.types import fit
from tests.bucket_server import Warehouse

TABLE = "silver.flights"


def write(
    tables: DeltaTables,
    frame: pl.DataFrame,
    write_id: str,
    mode: WriteMode = WriteMode.APPEND,
    *,
    partition_by: tuple[str, ...] = (),
    base: int | None = None,
    seen: Snapshot | None = None,
) -> int:
    stage(tables, frame, write_id, partition_by)
    return tables.commit(TABLE, Commit(write_id, mode, partition_by, base=base), seen)


def stage(
    tables: DeltaTables, frame: pl.DataFrame, write_id: str, partition_by: tuple[str, ...] = ()
) -> None:
    staging = tables.staging(TABLE, write_id)
    before = tables.look(TABLE)
    rows = frame.lazy()
    if before:
        rows = fit(TABLE, rows, before.delta_schema, Evolution.ADDITIVE)
    staging.remember(rows.collect_schema())
    flagged = rows.with_columns(pl.lit(value=True).alias("kept"))
    with staging.room(beside=True) as room:
        staging.sink(flagged, "kept", partition_by, room=room).collect()


@pytest.fixture
def tables(warehouse: Warehouse) -> DeltaTables:
    return warehouse.tables()


def test_appended_batches_are_read_together_and_apart(tables: DeltaTables) -> None:
    write(tables, pl.DataFrame({"a": [1, 2]}), "one")
    write(tables, pl.DataFrame({"a": [3]}), "two")
    assert tables.scan(TABLE).collect()["a"].sort().to_list() == [1, 2, 3]
    assert tables.scan_write(TABLE, "two").collect()["a"].to_list() == [3]


def test_the_same_write_twice_is_committed_once(tables: DeltaTables) -> None:
    first = write(tables, pl.DataFrame({"a": [1]}), "one")
    write(tables, pl.DataFrame({"a": [2]}), "two")
    assert write(tables, pl.DataFrame({"a": [1]}), "one") == first
    assert tables.scan(TABLE).collect().height == 2


def test_overwrite_leaves_only_the_new_rows(tables: DeltaTables) -> None:
    write(tables, pl.DataFrame({"a": [1, 2]}), "one")
    write(tables, pl.DataFrame({"a": [9]}), "two", WriteMode.OVERWRITE)
    assert tables.scan(TABLE).collect()["a"].to_list() == [9]


@pytest.mark.parametrize(
    "values",
    [
        ["x y/é=%", "b", "c"],
        [date(2013, 1, 1), date(2013, 1, 2), date(2013, 1, 3)],
        [True, False, None],
        [1, -2, None],
        [datetime(2013, 1, 1, 2, 3, 4, 5, UTC), datetime(2014, 1, 1, tzinfo=UTC), None],
    ],
    ids=["awkward text", "date", "bool", "int", "timestamp"],
)
def test_replaced_partitions_leave_the_others_alone(
    tables: DeltaTables, values: list[object]
) -> None:
    key = ("key",)
    frame = pl.DataFrame({"key": values, "a": [1, 2, 3]})
    write(tables, frame, "one", partition_by=key)
    assert tables.scan(TABLE).sort("a").collect().select("key", "a").equals(frame)
    assert tables.scan_write(TABLE, "one").sort("a").collect().select("key", "a").equals(frame)
    changed = pl.DataFrame({"key": values[:1], "a": [7]}, schema=frame.schema)
    write(tables, changed, "two", WriteMode.REPLACE_PARTITIONS, partition_by=key)
    assert tables.scan(TABLE).collect()["a"].sort().to_list() == [2, 3, 7]


def test_an_added_column_is_null_in_the_rows_before(tables: DeltaTables) -> None:
    write(tables, pl.DataFrame({"a": [1]}), "one")
    write(tables, pl.DataFrame({"a": [2], "b": ["x"]}), "two")
    write(tables, pl.DataFrame({"a": [3]}), "three")
    rows = tables.scan(TABLE).sort("a").collect()
    assert rows["b"].to_list() == [None, "x", None]
    assert tables.scan_write(TABLE, "three").collect().columns == ["a", "b"]


def test_a_retyped_column_is_refused_and_not_cast(tables: DeltaTables) -> None:
    write(tables, pl.DataFrame({"a": [1]}), "one")
    with pytest.raises(ContractBroken, match="column 'a' is long in the table and double"):
        write(tables, pl.DataFrame({"a": [1.9]}), "two")


def test_a_commit_against_an_older_version_is_refused(tables: DeltaTables) -> None:
    base = write(tables, pl.DataFrame({"a": [1]}), "one")
    write(tables, pl.DataFrame({"a": [2]}), "two")
    with pytest.raises(CommitContended, match="came while the batch was judged"):
        write(tables, pl.DataFrame({"a": [3]}), "three", base=base)


@pytest.mark.parametrize("mode", [WriteMode.OVERWRITE, WriteMode.REPLACE_PARTITIONS])
def test_rows_that_are_appended_while_a_write_commits_do_not_outlive_it(
    mode: WriteMode, warehouse: Warehouse
) -> None:
    rival, ticks = warehouse.tables(), iter(range(9))

    def meanwhile() -> datetime:
        if next(ticks) == 0:
            write(rival, pl.DataFrame({"p": ["x"], "a": [222]}), "rival", partition_by=("p",))
        return datetime.now(UTC)

    write(rival, pl.DataFrame({"p": ["x"], "a": [1]}), "one", partition_by=("p",))
    frame = pl.DataFrame({"p": ["x"], "a": [111]})
    write(warehouse.tables(meanwhile), frame, "two", mode, partition_by=("p",))
    assert rival.scan(TABLE).collect()["a"].to_list() == [111]


def test_a_rival_between_the_look_and_the_commit_is_noticed(tmp_path: Path) -> None:
    rival, ticks = DeltaTables(str(tmp_path)), iter(range(9))

    def meanwhile() -> datetime:
        if next(ticks) == 0:
            write(rival, pl.DataFrame({"a": [222]}), "rival")
        return datetime.now(UTC)

    base = write(rival, pl.DataFrame({"a": [1]}), "one")
    with pytest.raises(CommitContended):
        write(
            DeltaTables(str(tmp_path), clock=meanwhile), pl.DataFrame({"a": [1]}), "two", base=base
        )


def test_writers_who_create_a_table_at_once_lose_nothing(tmp_path: Path) -> None:
    for turn in range(8):
        tables, together = DeltaTables(str(tmp_path / str(turn))), Barrier(4)
        for number in range(4):
            stage(tables, pl.DataFrame({"a": [number]}), f"w{number}")

        def commit(number: int, tables: DeltaTables = tables, wait: Barrier = together) -> int:
            wait.wait()
            return tables.commit(TABLE, Commit(f"w{number}", WriteMode.APPEND))

        with ThreadPoolExecutor(4) as pool:
            assert len(set(pool.map(commit, range(4)))) == 4
        assert tables.scan(TABLE).collect()["a"].sort().to_list() == [0, 1, 2, 3]


def test_a_handle_that_others_have_overtaken_numbers_the_log_rightly(tables: DeltaTables) -> None:
    for number in range(3):
        write(tables, pl.DataFrame({"a": [number]}), f"w{number}")
    overtaken = tables.open(TABLE)
    write(tables, pl.DataFrame({"a": [3]}), "w3")
    for limit in (1, 2, None):
        there = {str(e["dq.write_id"]): e["version"] for e in overtaken.log(limit)[:2]}
        assert there == {"w3": 4, "w2": 3}


def test_an_empty_write_is_committed_too(tables: DeltaTables) -> None:
    write(tables, pl.DataFrame({"a": [1]}), "one")
    write(tables, pl.DataFrame({"a": []}, schema={"a": pl.Int64}), "two")
    assert tables.open(TABLE).committed("two") == 2
    assert tables.scan_write(TABLE, "two").collect().height == 0


def test_file_statistics_enclose_the_rows(tables: DeltaTables) -> None:
    stamp = datetime(2013, 1, 1, 0, 0, 0, 123_456, UTC)
    frame = pl.DataFrame({"a": [1, 2, None], "f": [float("nan"), 1.5, 2.5], "t": [stamp] * 3})
    write(tables, frame, "one")
    row = pl.DataFrame(tables.open(TABLE).handle.get_add_actions(flatten=True)).row(0, named=True)
    assert (row["num_records"], row["null_count.a"], row["min.a"], row["max.a"]) == (3, 1, 1, 2)
    assert row["min.t"] <= stamp <= row["max.t"]


def test_reading_what_is_not_there_names_table_and_remedy(tables: DeltaTables) -> None:
    with pytest.raises(TableMissing, match=r"gold\.none at .*\n.*run the step"):
        tables.scan("gold.none")
    write(tables, pl.DataFrame({"a": [1]}), "one")
    with pytest.raises(TableUnreadable, match="no committed write two"):
        tables.scan_write(TABLE, "two")


def test_a_lease_keeps_other_threads_out_and_leaves_no_file(
    tmp_path: Path,
) -> None:
    tables = DeltaTables(str(tmp_path))
    with tables.lease("one"), ThreadPoolExecutor() as pool:
        assert pool.submit(lambda: _is_free(tables, "one")).result() is False
    assert _is_free(tables, "two")
    assert list((tmp_path / "_locks").iterdir()) == []


def test_tables_of_a_bucket_that_are_only_read_cannot_be_held(bucket: Warehouse) -> None:
    tables = DeltaTables(bucket.root, bucket.options)
    assert tables.look(TABLE) is None
    with pytest.raises(UsageError, match="opened without leases\n  fix: open it with open_app"):
        tables.lease("one")
    with pytest.raises(UsageError, match="opened without leases"):
        tables.lease_if_free("one")


def _is_free(tables: DeltaTables, write_id: str) -> bool:
    with tables.lease_if_free(write_id) as free:
        return free


def test_a_look_from_before_is_renewed_by_the_commit(tables: DeltaTables) -> None:
    write(tables, pl.DataFrame({"a": [1]}), "one")
    seen = tables.open(TABLE)
    write(tables, pl.DataFrame({"a": [2]}), "two")
    assert write(tables, pl.DataFrame({"a": [3]}), "three", WriteMode.OVERWRITE, seen=seen) == 3
    assert tables.scan(TABLE).collect()["a"].to_list() == [3]


def test_a_renewed_look_knows_that_the_base_has_moved(tables: DeltaTables) -> None:
    write(tables, pl.DataFrame({"a": [1]}), "one")
    seen = tables.open(TABLE)
    base = seen.version
    write(tables, pl.DataFrame({"a": [2]}), "two")
    with pytest.raises(CommitContended, match="version 2 came"):
        write(tables, pl.DataFrame({"a": [3]}), "three", base=base, seen=seen)


def test_a_renewed_look_knows_what_is_committed_already(tables: DeltaTables) -> None:
    write(tables, pl.DataFrame({"a": [1]}), "one")
    seen = tables.open(TABLE)
    write(tables, pl.DataFrame({"a": [2]}), "two")
    assert write(tables, pl.DataFrame({"a": [2]}), "two", seen=seen) == 2
    assert tables.scan(TABLE).collect()["a"].sort().to_list() == [1, 2]


def test_a_table_that_was_taken_away_since_the_look_is_made_anew(tmp_path: Path) -> None:
    tables = DeltaTables(str(tmp_path))
    write(tables, pl.DataFrame({"a": [1]}), "one")
    seen = tables.open(TABLE)
    shutil.rmtree(tables.uri(TABLE))
    assert write(tables, pl.DataFrame({"a": [2]}), "two", seen=seen) == 1
    assert tables.scan(TABLE).collect()["a"].to_list() == [2]


def test_a_table_that_was_put_back_since_the_look_goes_on_from_there(tmp_path: Path) -> None:
    tables = DeltaTables(str(tmp_path))
    write(tables, pl.DataFrame({"a": [1]}), "one")
    write(tables, pl.DataFrame({"a": [2]}), "two")
    seen = tables.open(TABLE)
    (Path(tables.uri(TABLE)) / "_delta_log" / f"{2:020d}.json").unlink()
    assert write(tables, pl.DataFrame({"a": [3]}), "three", seen=seen) == 2
    assert tables.scan(TABLE).collect()["a"].sort().to_list() == [1, 3]


def test_only_the_write_right_after_a_version_is_found_there(tables: DeltaTables) -> None:
    write(tables, pl.DataFrame({"a": [1]}), "one")
    write(tables, pl.DataFrame({"a": [2]}), "two")
    found = [tables.open(TABLE, v).just_committed("two") for v in range(3)]
    assert found == [None, 2, None]


def test_a_table_has_a_checkpoint_every_so_many_commits(tmp_path: Path) -> None:
    tables = DeltaTables(str(tmp_path))
    for number in range(CHECKPOINT_EVERY):
        write(tables, pl.DataFrame({"a": [number]}), str(number))
    log = Path(tables.uri(TABLE)) / "_delta_log"
    assert len(list(log.glob("*.checkpoint.parquet"))) == 1
