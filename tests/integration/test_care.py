"""Care changes files and never rows, and takes nothing that a write or a reader needs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Event

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from dq_monitor.care import Caretaker, care_id, require_keep
from dq_monitor.errors import CareContended, LeaseLost, TableMissing, TableUnreadable, UsageError
from dq_monitor.model.care import Care, Compaction, Done, Upkeep, Vacuum
from dq_monitor.model.event import Origin, TableMaintained, WriteAbandoned, WriteStarted
from dq_monitor.model.quarantine import ROW, WRITE_ID
from dq_monitor.model.table import WriteMode, quarantine_of
from dq_monitor.store.memory import MemoryLog
from dq_monitor.tables.delta import Commit, DeltaTables
from dq_monitor.tables.forgetting import forget
from dq_monitor.tables.lease import FileLeases
from dq_monitor.tables.ledger import stage_rows
from dq_monitor.tables.properties import commits_since_checkpoint
from dq_monitor.tables.sweep import Sweeper
from tests.bucket_server import Warehouse, local

TABLE = "silver.trips"
NOW = datetime(2026, 11, 23, tzinfo=UTC)
NONE = timedelta(0)
# All files are small, all old files may go: what is left alone is left alone for a reason.
CARE = Care(compact=Compaction(min_files=2), vacuum=Vacuum(NONE), sweep_after=NONE)
ORIGIN = Origin(job="test", run_id="00000000-0000-0000-0000-000000000001")


@dataclass(frozen=True)
class House:
    """A warehouse with a log, and somebody who takes care of it."""

    at: Warehouse
    tables: DeltaTables
    log: MemoryLog

    def stage(self, rows: pl.DataFrame, write_id: str, partition_by: tuple[str, ...] = ()) -> None:
        staging = self.tables.staging(TABLE, write_id)
        staging.remember(rows.schema)
        flagged = rows.lazy().with_columns(pl.lit(value=True).alias("kept"))
        with staging.room(beside=True) as room:
            staging.sink(flagged, "kept", partition_by, room=room).collect(engine="streaming")

    def commit(
        self,
        write_id: str,
        partition_by: tuple[str, ...] = (),
        mode: WriteMode = WriteMode.APPEND,
        base: int | None = None,
    ) -> int:
        version = self.tables.commit(TABLE, Commit(write_id, mode, partition_by, base=base))
        self.tables.staging(TABLE, write_id).settle()
        return version

    def write(
        self,
        rows: pl.DataFrame,
        write_id: str,
        partition_by: tuple[str, ...] = (),
        mode: WriteMode = WriteMode.APPEND,
    ) -> int:
        self.stage(rows, write_id, partition_by)
        return self.commit(write_id, partition_by, mode)

    def started(self, write_id: str) -> None:
        start = WriteStarted(write_id, TABLE, WriteMode.APPEND, TABLE, "f", "", NOW, ORIGIN)
        self.log.append(start)

    def care(
        self, *only: Upkeep, care: Care = CARE, dry_run: bool = False, slot: datetime = NOW
    ) -> Mapping[Upkeep, Done]:
        caretaker = Caretaker(self.tables, self.log, lambda: datetime.now(UTC))
        event = caretaker.look_after(TABLE, care, slot, only=only or set(Upkeep), dry_run=dry_run)
        return {done.upkeep: done for done in event.done}

    def rows(self, *order: str) -> pl.DataFrame:
        return self.tables.scan(TABLE).collect().sort(order or pl.all())

    def put(self, name: str, content: bytes) -> None:
        self.tables.place(TABLE).write(name, content)

    def files(self) -> set[str]:
        """Return all files of the table but its log."""
        entries = self.tables.place(TABLE).entries()
        names = {one.path for one in entries if one.is_file}
        return {name for name in names if not name.startswith("_delta_log/")}

    def data(self) -> set[str]:
        """Return which writes there are data files of."""
        return {name.split("/")[0] for name in self.files() if name.endswith(".parquet")}

    def locks(self) -> Path:
        leases = self.tables.leases
        assert isinstance(leases, FileLeases)
        return leases.folder


def housed(at: Warehouse) -> House:
    return House(at, at.tables(), MemoryLog())


@pytest.fixture
def house(tmp_path: Path) -> House:
    return housed(local(tmp_path))


@pytest.fixture
def either(warehouse: Warehouse) -> House:
    """Return a house in a folder, and one on an object store."""
    return housed(warehouse)


def trips(*numbers: int, zone: str | None = "a") -> pl.DataFrame:
    return pl.DataFrame(
        {"trip": list(numbers), "zone": [zone] * len(numbers)},
        schema={"trip": pl.Int64, "zone": pl.String},
    )


def many(house: House, count: int = 5) -> None:
    for number in range(count):
        house.write(trips(number), f"w{number}")


ODD = st.lists(
    st.fixed_dictionaries(
        {
            "key": st.sampled_from(["x/y z%", "é=1", None]),
            "number": st.none() | st.integers(-(2**63), 2**63 - 1),
            "share": st.none() | st.floats(),
            "text": st.none() | st.text(st.characters(codec="utf-8", exclude_characters="\0")),
            "at": st.none() | st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)),  # noqa: DTZ001 - naive on purpose
            "day": st.none() | st.dates(date(1900, 1, 1), date(2200, 1, 1)),
            "flags": st.none() | st.lists(st.booleans(), max_size=2),
        }
    ),
    min_size=1,
    max_size=4,
)
SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "key": pl.String,
    "number": pl.Int64,
    "share": pl.Float64,
    "text": pl.String,
    "at": pl.Datetime("us"),
    "day": pl.Date,
    "flags": pl.List(pl.Boolean),
}


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    batches=st.lists(ODD, min_size=2, max_size=4),
    parted=st.booleans(),
    zorder=st.sampled_from([(), ("at",), ("number", "text"), ("share", "day", "at")]),
    target=st.sampled_from([3_000, 128_000_000]),
)
def test_compaction_changes_no_row(
    batches: list[list[dict[str, object]]],
    parted: bool,  # noqa: FBT001 - a property's own
    zorder: tuple[str, ...],
    target: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    house = housed(local(tmp_path_factory.mktemp("wh")))
    for number, batch in enumerate(batches):
        rows = pl.DataFrame(batch, schema=SCHEMA).with_row_index("row")
        rows = rows.with_columns(pl.col("row").cast(pl.Int64) + 100 * number)
        house.write(rows, f"w{number}", ("key",) if parted else ())
    before = house.rows("row")
    care = replace(CARE, zorder=zorder, compact=Compaction(2, target))
    house.care(care=care)
    assert_frame_equal(house.rows("row"), before)
    largest = before.filter(pl.col("at").is_not_null()).select(pl.col("at").max()).item()
    if largest is not None:  # statistics that are cut off would hide these rows
        found = house.tables.scan(TABLE).filter(pl.col("at") >= largest).collect()
        assert found.height == before.filter(pl.col("at") == largest).height


def test_small_files_become_one_and_then_there_is_nothing_to_do(either: House) -> None:
    many(either)
    done = either.care(Upkeep.COMPACT)[Upkeep.COMPACT]
    assert (done.files, done.made_files) == (5, 1)
    assert len(either.tables.open(TABLE).files()) == 1
    again = either.care(Upkeep.COMPACT, slot=NOW + timedelta(days=1))[Upkeep.COMPACT]
    assert again == Done(Upkeep.COMPACT)


def test_fewer_small_files_than_asked_for_stay(house: House) -> None:
    many(house, 3)
    care = replace(CARE, compact=Compaction(min_files=4))
    assert house.care(Upkeep.COMPACT, care=care)[Upkeep.COMPACT] == Done(Upkeep.COMPACT)


def test_each_partition_is_compacted_by_itself(either: House) -> None:
    for number in range(4):
        either.write(pl.concat([trips(number), trips(number, zone=None)]), f"w{number}", ("zone",))
    either.care(Upkeep.COMPACT)
    keys = [file.key["zone"] for file in either.tables.open(TABLE).files()]
    assert sorted(keys, key=str) == [None, "a"]


def test_a_compaction_says_what_it_is_and_that_no_data_changed(house: House) -> None:
    many(house)
    version = house.care(Upkeep.COMPACT)[Upkeep.COMPACT].version
    log = house.tables.place(TABLE).read(f"_delta_log/{version:020d}.json") or b""
    actions = [json.loads(line) for line in log.splitlines()]
    changes = [a[kind]["dataChange"] for a in actions for kind in ("add", "remove") if kind in a]
    assert changes == [False] * 6
    (commit,) = (a["commitInfo"] for a in actions if "commitInfo" in a)
    assert commit["dq.operation"] == "compact"


def test_a_timestamps_maximum_is_not_cut_off(house: House) -> None:
    at = datetime(2026, 1, 1, 0, 0, 0, 999_999, tzinfo=UTC)
    for number in range(2):
        house.write(pl.DataFrame({"at": [at], "n": [number]}), f"w{number}")
    house.care(Upkeep.COMPACT)
    (stats,) = (
        pl.DataFrame(house.tables.open(TABLE).handle.get_add_actions(flatten=True))
        .select("max.at")
        .to_series()
    )
    assert stats >= at


def test_a_z_order_cuts_sorted_rows_into_files_of_each_partition(either: House) -> None:
    for number in range(2):
        rows = pl.concat([trips(3 - number, 1 - number), trips(number, zone=None)])
        either.write(rows, f"w{number}", ("zone",))
    before = either.rows()
    size = max(file.size for file in either.tables.open(TABLE).files())
    rule = Compaction(2, target_size=size * 3 // 2)  # two small files are more than one large
    done = either.care(Upkeep.COMPACT, care=replace(CARE, zorder=("trip",), compact=rule))
    assert done[Upkeep.COMPACT].made_files == 4
    assert_frame_equal(either.rows(), before)
    now = either.tables.open(TABLE)
    parts = [now.scan_file(f).collect() for f in sorted(now.files(), key=lambda f: f.path)]
    found = [(part["zone"][0], part["trip"].to_list()) for part in parts]
    assert sorted(found, key=str) == [("a", [0, 1]), ("a", [2, 3]), (None, [0]), (None, [1])]


def test_rows_near_each_other_share_a_file_after_a_z_order(house: House) -> None:
    numbers = pl.Series(range(4096)).shuffle(seed=7)
    rows = pl.DataFrame({"x": numbers % 64, "y": numbers // 64, "pad": numbers.hash(1).cast(str)})
    for number, part in enumerate(rows.iter_slices(128)):
        house.write(part, f"w{number}")
    size = sum(file.size for file in house.tables.open(TABLE).files())
    rule = Compaction(2, target_size=size // 15)
    house.care(Upkeep.COMPACT, care=replace(CARE, zorder=("x", "y"), compact=rule))
    now = house.tables.open(TABLE)
    assert len(now.files()) >= 15
    for name in ("x", "y"):
        near = now.files_within({name: (0, 3)})
        assert len(near) <= len(now.files()) / 2, name


@pytest.mark.parametrize(
    ("zorder", "said"),
    [
        pytest.param(("tripp",), "no column 'tripp'", id="unknown"),
        pytest.param(("zone",), "parts the table already", id="partition"),
        pytest.param(("stops",), "is List", id="nested"),
    ],
)
def test_a_z_order_by_what_cannot_be_sorted_is_refused(
    house: House, zorder: tuple[str, ...], said: str
) -> None:
    rows = trips(1).with_columns(stops=pl.concat_list("trip"))
    house.write(rows, "w1", ("zone",))
    with pytest.raises(UsageError, match=said):
        house.care(Upkeep.COMPACT, care=replace(CARE, zorder=zorder))


def test_a_table_with_deletion_vectors_is_left_to_its_writer(house: House) -> None:
    many(house, 2)
    protocol = {
        "minReaderVersion": 3,
        "minWriterVersion": 7,
        "readerFeatures": ["deletionVectors"],
        "writerFeatures": ["deletionVectors"],
    }
    log = json.dumps({"protocol": protocol}) + "\n"
    house.put("_delta_log/00000000000000000003.json", log.encode())
    with pytest.raises(TableUnreadable, match="deletionVectors"):
        house.care(Upkeep.COMPACT)


def test_a_write_that_is_under_way_commits_after_care(either: House) -> None:
    many(either)
    with either.tables.lease("under-way"):
        either.started("under-way")
        either.stage(trips(99), "under-way")
        either.care()
        either.commit("under-way")
    assert either.rows()["trip"].to_list() == [0, 1, 2, 3, 4, 99]


def test_a_write_that_was_judged_by_a_dead_process_keeps_its_files(either: House) -> None:
    many(either)
    either.started("dead")
    either.stage(trips(99), "dead")
    either.care()
    either.commit("dead")
    assert either.rows()["trip"].to_list() == [0, 1, 2, 3, 4, 99]


def test_a_held_write_that_the_log_does_not_know_yet_keeps_its_files(either: House) -> None:
    many(either)
    with either.tables.lease("just-begun"):
        either.stage(trips(99), "just-begun")
        either.care()
        either.commit("just-begun")
    assert either.rows()["trip"].to_list() == [0, 1, 2, 3, 4, 99]


def test_what_a_running_write_reads_outlives_a_vacuum(either: House) -> None:
    many(either)
    with either.tables.lease("reader"):
        before = either.tables.open(TABLE)
        either.care()
        assert before.scan().collect().height == 5
    either.care(slot=NOW + timedelta(days=1))
    assert len([name for name in either.files() if name.endswith(".parquet")]) == 1


def test_past_versions_are_read_for_as_long_as_they_are_kept(either: House) -> None:
    many(either)
    either.care(care=replace(CARE, vacuum=Vacuum(timedelta(days=7))))
    assert either.tables.scan(TABLE, 3).collect().height == 3
    assert either.tables.scan_write(TABLE, "w2").collect()["trip"].to_list() == [2]


def test_a_write_whose_files_were_vacuumed_is_told_to_be_gone(either: House) -> None:
    many(either)
    either.care()
    with pytest.raises(TableUnreadable, match="vacuum has removed the files of write w2"):
        either.tables.scan_write(TABLE, "w2")


def test_a_replaced_file_is_remembered_for_as_long_as_it_is_kept(house: House) -> None:
    many(house)
    house.care(care=replace(CARE, vacuum=Vacuum(timedelta(days=30))))
    config = house.tables.open(TABLE).handle.metadata().configuration
    assert config["delta.deletedFileRetentionDuration"] == "interval 2592000 seconds"


def test_an_overwritten_file_goes_with_the_vacuum(either: House) -> None:
    either.write(trips(1), "w1")
    either.write(trips(2), "w2", mode=WriteMode.OVERWRITE)
    done = either.care(Upkeep.VACUUM)[Upkeep.VACUUM]
    assert done.files == 1
    assert either.rows()["trip"].to_list() == [2]


def test_partitions_with_odd_names_are_vacuumed(either: House) -> None:
    odd = "x/y z%é"
    either.write(trips(1, zone=odd), "w1", ("zone",))
    either.write(trips(2, zone=odd), "w2", ("zone",), WriteMode.OVERWRITE)
    assert either.care(Upkeep.VACUUM)[Upkeep.VACUUM].files == 1
    assert either.rows()["trip"].to_list() == [2]


def test_the_table_in_a_folder_of_the_table_is_another_one(either: House) -> None:
    many(either, 2)
    inner, options = f"{either.tables.uri(TABLE)}/inner", either.at.options or None
    trips(1).write_delta(inner, storage_options=options)
    trips(2).write_delta(inner, storage_options=options, mode="overwrite")
    either.care()
    assert pl.read_delta(inner, version=0, storage_options=options).height == 1


def test_files_of_others_that_are_no_data_stay(either: House) -> None:
    many(either, 2)
    either.put("README.md", b"ours")
    either.care()
    assert "README.md" in either.files()


def leave(house: House, write_id: str) -> None:
    """Leave what a late sink leaves: a file in a room whose write is over."""
    house.put(f"stage-{write_id}/pass-abc/kept/0.parquet", b"late")


def test_the_late_file_of_a_committed_write_is_swept_and_its_rows_stay(either: House) -> None:
    many(either, 2)
    leave(either, "w1")
    done = either.care(Upkeep.SWEEP)[Upkeep.SWEEP]
    assert (done.files, done.size) == (1, 4)
    assert either.rows()["trip"].to_list() == [0, 1]
    assert (either.data(), len(either.files())) == ({"stage-w0", "stage-w1"}, 2)


def test_a_replaced_file_of_a_committed_write_is_no_orphan(either: House) -> None:
    many(either)
    either.care(Upkeep.COMPACT)
    leave(either, "w1")
    either.care(Upkeep.SWEEP, slot=NOW + timedelta(days=1))
    assert either.tables.scan(TABLE, 5).collect().height == 5


def test_what_was_given_up_is_swept_whole(either: House) -> None:
    many(either, 1)
    either.started("given-up")
    either.log.append(WriteAbandoned("given-up", TABLE, NOW))
    either.stage(trips(9), "given-up")
    leave(either, "given-up")
    assert either.care(Upkeep.SWEEP)[Upkeep.SWEEP].files >= 3
    assert (either.data(), len(either.files())) == ({"stage-w0"}, 1)


def test_a_write_that_was_committed_while_a_sweep_looked_keeps_its_files(either: House) -> None:
    many(either, 1)
    either.stage(trips(9), "late")

    def settled_just_now(write_id: str) -> bool:
        either.commit("late")
        return False

    Sweeper(either.tables, TABLE, settled_just_now).sweep(datetime.now(UTC) + timedelta(days=1))
    assert either.rows()["trip"].to_list() == [0, 9]


def test_past_versions_of_a_quarantine_that_forgot_rows_outlive_a_sweep(house: House) -> None:
    name = quarantine_of(TABLE)
    for write_id in ("w1", "w2"):
        rows = pl.LazyFrame({WRITE_ID: [write_id] * 2, ROW: [0, 1]})
        stage_rows(house.tables.staging(name, write_id), rows)
        house.tables.commit(name, Commit(write_id, WriteMode.APPEND))
    forget(house.tables, TABLE, pl.DataFrame({WRITE_ID: ["w1"], ROW: [0]}), "purge")
    forgot = house.tables.open(name).version
    caretaker = Caretaker(house.tables, house.log, lambda: datetime.now(UTC))
    for day in range(2):
        slot = NOW + timedelta(days=day)
        caretaker.look_after(name, CARE, slot, only={Upkeep.SWEEP, Upkeep.COMPACT})
    assert house.tables.scan(name, forgot).collect().height == 3


def test_what_is_younger_than_asked_for_stays(either: House) -> None:
    many(either, 1)
    leave(either, "over")
    care = replace(CARE, sweep_after=timedelta(hours=1))
    assert either.care(Upkeep.SWEEP, care=care)[Upkeep.SWEEP].files == 0


def test_locks_of_settled_writes_are_swept_and_held_or_open_ones_stay(house: House) -> None:
    many(house, 1)
    house.started("open")
    for name in ("over", "open"):
        (house.locks() / f"{name}.lock").parent.mkdir(exist_ok=True)
        (house.locks() / f"{name}.lock").touch()
    with house.tables.lease("held"):
        house.care(Upkeep.SWEEP)
        left = {file.stem for file in house.locks().glob("*.lock")}
    assert left >= {"open", "held"}
    assert "over" not in left


def test_empty_folders_go_once_their_files_are_vacuumed(house: House) -> None:
    many(house)
    house.care()
    house.care(Upkeep.SWEEP, slot=NOW + timedelta(days=1))
    assert len(list(Path(house.tables.uri(TABLE)).glob("stage-*"))) == 1


def test_a_dry_run_says_what_would_be_done_and_does_nothing(either: House) -> None:
    many(either)
    leave(either, "over")
    before, version = either.files(), either.tables.version(TABLE)
    done = either.care(dry_run=True)
    assert (done[Upkeep.SWEEP].files, done[Upkeep.COMPACT].files) == (1, 5)
    assert (either.files(), either.tables.version(TABLE)) == (before, version)
    assert either.log.read(0) == []


def test_one_at_a_time_takes_care_of_a_table(house: House) -> None:
    many(house, 2)
    with house.tables.lease(f"care-{TABLE}"), pytest.raises(CareContended, match=TABLE):
        house.care()


class LostLeases(FileLeases):
    """Leases whose server has forgotten them."""

    def confirm(self, name: str) -> None:
        raise LeaseLost(name)


def test_a_compaction_that_lost_its_lease_is_not_committed(tmp_path: Path) -> None:
    at = local(tmp_path)
    leases = LostLeases(tmp_path / "leases")
    house = House(at, DeltaTables(at.root, leases=leases), MemoryLog())
    many_files = pl.concat([trips(1), trips(2, zone="b")])
    many_files.write_delta(house.tables.uri(TABLE))
    many_files.write_delta(house.tables.uri(TABLE), mode="append")
    with pytest.raises(CareContended, match="take care of it again"):
        house.care(Upkeep.COMPACT)
    assert house.tables.version(TABLE) == 1


def test_a_table_that_is_not_there_is_told(house: House) -> None:
    with pytest.raises(TableMissing, match=TABLE):
        house.care()


def test_a_run_is_a_fact_with_the_tables_size(house: House) -> None:
    many(house)
    house.care()
    (event,) = (recorded.event for recorded in house.log.read(0))
    assert isinstance(event, TableMaintained)
    assert event.care_id == care_id(TABLE, NOW)
    values = {metric.name: metric.value for metric in event.metrics}
    assert values["care.files"] == 1
    assert values["care.bytes"] == sum(f.size for f in house.tables.open(TABLE).files())


def test_a_checkpoint_leaves_nothing_to_be_read_one_by_one(house: House) -> None:
    many(house)
    house.care(Upkeep.CHECKPOINT)
    assert commits_since_checkpoint(house.tables.open(TABLE)) == 0


def test_writes_are_known_and_told_of_after_checkpoints(house: House) -> None:
    many(house, 45)  # two checkpoints came by themselves
    house.care()
    now = house.tables.open(TABLE)
    assert commits_since_checkpoint(now) == 0
    assert [now.committed(f"w{n}") for n in (0, 21, 44)] == [1, 22, 45]
    assert house.commit("w0") == 1  # sent again, it is not written again
    assert house.rows().height == 45


def test_a_table_of_others_keeps_its_properties(house: House) -> None:
    trips(1).write_delta(house.tables.uri(TABLE))
    house.care()
    assert house.tables.open(TABLE).handle.metadata().configuration == {}


def test_a_merge_that_care_has_overtaken_is_judged_again(house: House) -> None:
    many(house)
    base = house.tables.version(TABLE)
    house.stage(trips(99), "based")
    with house.tables.lease("based"):
        house.care(Upkeep.COMPACT)
        with pytest.raises(Exception, match="came while the batch was judged"):
            house.commit("based", base=base)


@pytest.mark.parametrize(("keep", "refused"), [(timedelta(hours=23), True), (CARE, False)])
def test_a_vacuum_that_keeps_too_little_is_refused(keep: object, refused: bool) -> None:  # noqa: FBT001 - a case's own
    if refused:
        assert isinstance(keep, timedelta)
        with pytest.raises(UsageError, match="readers"):
            require_keep(Care(vacuum=Vacuum(keep)))
    else:
        require_keep(Care())


def opened(file: Path) -> int:
    """Return how often this process has a file open."""
    links = [one.resolve() for one in Path("/proc/self/fd").iterdir()]
    return links.count(file.resolve())


def test_who_waited_for_a_lock_that_was_removed_excludes_others_all_the_same(house: House) -> None:
    file = house.locks() / "w.lock"
    held, over = Event(), Event()

    def wait_and_hold() -> None:
        with house.tables.lease("w"):
            held.set()
            over.wait(10)

    with ThreadPoolExecutor(1) as pool:
        with house.tables.lease("w"):
            waiting = pool.submit(wait_and_hold)
            while opened(file) < 2:  # until the other has opened what we are about to remove
                assert not waiting.done()
        assert held.wait(10)
        with house.tables.lease_if_free("w") as free:
            over.set()
            assert not free
