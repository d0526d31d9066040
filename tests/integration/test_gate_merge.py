"""Merges through the gate: rows take the place of stored ones or close them; none is lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from deltalake import DeltaTable
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dq_monitor.checks.foreign_key import ForeignKey
from dq_monitor.checks.in_range import InRange
from dq_monitor.checks.row_count import RowCount
from dq_monitor.checks.unique import Unique
from dq_monitor.errors import ContractBroken, PipelineInvalid
from dq_monitor.gate import Gate, Outcome, Write
from dq_monitor.model.event import Origin
from dq_monitor.model.pack import Pack
from dq_monitor.model.rule import Limit, OnFail, Rule, Scope, Threshold
from dq_monitor.model.table import Upsert, Validity, WriteMode, quarantine_of
from dq_monitor.model.verdict import Counts, Decision, Status
from dq_monitor.store.memory import MemoryHistory, MemoryLog
from tests.bucket_server import Warehouse, local

TABLE = "silver.airports"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
ORIGIN = Origin(job="test", run_id="00000000-0000-0000-0000-000000000001")
ANY = Threshold(over=Limit(0))
RANGE = Rule("in_range.v", "in_range", InRange(column="v", min=0, max=99), error=ANY)
ONCE = Rule("unique.u", "unique", Unique(key=("u",)), error=ANY)
BY_KEY = Upsert(("k",))
HISTORY = Upsert(("k",), history=Validity())


class House:
    """A table that is merged into."""

    def __init__(
        self, root: Warehouse, *rules: Rule, upsert: Upsert = BY_KEY, by: tuple[str, ...] = ()
    ) -> None:
        self.tables, self.log, self.upsert = root.tables(), MemoryLog(), upsert
        self.pack = Pack("airports", TABLE, "f1", rules=rules, partition_by=by)
        self.gate = Gate(
            tables=self.tables,
            packs={TABLE: self.pack},
            log=self.log,
            history=MemoryHistory(self.log),
        )

    def merge(
        self, rows: Mapping[str, list[object]] | pl.DataFrame, key: str, now: datetime = NOW
    ) -> Outcome:
        frame = pl.DataFrame(rows).lazy()
        return self.gate.write(
            Write(
                table=TABLE,
                frame=frame,
                write_id=key,
                origin=ORIGIN,
                now=now,
                mode=WriteMode.MERGE,
                upsert=self.upsert,
            )
        )

    def rows(self, *columns: str) -> list[tuple[object, ...]]:
        return self.tables.scan(TABLE).select(columns or pl.all()).collect().sort(pl.all()).rows()

    def reasons(self) -> list[list[str]]:
        held = self.tables.scan(quarantine_of(TABLE)).collect()
        return sorted(held["_dq_reasons"].to_list())


def test_a_row_takes_the_place_of_the_one_with_its_key(warehouse: Warehouse) -> None:
    house = House(warehouse)
    house.merge({"k": [1, 2], "v": [10, 20]}, "one")
    outcome = house.merge({"k": [2, 3], "v": [21, 30]}, "two")
    assert house.rows() == [(1, 10), (2, 21), (3, 30)]
    assert outcome.verdict.counts == Counts(2, 2)
    assert house.tables.scan_write(TABLE, "two").collect().height == 2


@pytest.mark.parametrize(
    "keys", [["a", "b", "a"], [1.5, 2.5, 1.5], [True, False, True], [b"a", b"b", b"a"]], ids=str
)
def test_keys_of_which_the_log_knows_no_bounds_are_looked_for_in_every_file(
    keys: list[object], warehouse: Warehouse
) -> None:
    house = House(warehouse)
    for turn, key in enumerate(keys):
        house.merge({"k": [key], "v": [turn]}, str(turn))
    assert set(house.rows("v")) == {(1,), (2,)}


def test_the_same_merge_twice_changes_nothing(warehouse: Warehouse) -> None:
    house = House(warehouse)
    house.merge({"k": [1], "v": [10]}, "one")
    first = house.merge({"k": [1], "v": [11]}, "two")
    house.merge({"k": [1], "v": [12]}, "three")
    again = house.merge({"k": [1], "v": [11]}, "two")
    assert (again.replayed, again.version) == (True, first.version)
    assert house.rows() == [(1, 12)]


def test_a_refused_row_leaves_the_stored_one_where_it_is(warehouse: Warehouse) -> None:
    house = House(warehouse, RANGE)
    house.merge({"k": [1, 2], "v": [10, 20]}, "one")
    outcome = house.merge({"k": [1, 2], "v": [11, 999]}, "two")
    assert house.rows() == [(1, 11), (2, 20)]
    assert outcome.verdict.counts == Counts(2, 1, 1)


def test_a_key_that_comes_twice_or_not_at_all_is_held(warehouse: Warehouse) -> None:
    house = House(warehouse)
    outcome = house.merge({"k": [1, 1, None, 2], "v": [1, 2, 3, 4]}, "one")
    assert house.rows() == [(2, 4)]
    assert outcome.verdict.status is Status.FAIL
    assert house.reasons() == [["merge_key_not_null.k"], *[["merge_key_unique"]] * 2]


def test_a_unique_value_may_move_from_a_replaced_row_to_another(warehouse: Warehouse) -> None:
    house = House(warehouse, ONCE)
    house.merge({"k": [1, 2], "u": ["a", "b"]}, "one")
    outcome = house.merge({"k": [1, 2], "u": ["b", "a"]}, "two")
    assert outcome.verdict.counts == Counts(2, 2)
    assert house.rows() == [(1, "b"), (2, "a")]


def test_a_refused_row_gives_its_stored_one_back_and_that_counts_again(
    warehouse: Warehouse,
) -> None:
    """Row 1 is refused for `b`, which 2 keeps; so the stored 1 keeps `a`, and 3 cannot have it."""
    house = House(warehouse, ONCE)
    house.merge({"k": [1, 2], "u": ["a", "b"]}, "one")
    outcome = house.merge({"k": [1, 3, 4], "u": ["b", "a", "c"]}, "two")
    assert house.rows() == [(1, "a"), (2, "b"), (4, "c")]
    assert outcome.verdict.counts == Counts(3, 1, 2)
    assert outcome.failing == {"unique.u": 2}
    assert house.reasons() == [["unique.u"]] * 2


def test_rows_that_vanished_leave_and_refused_ones_have_not_vanished(warehouse: Warehouse) -> None:
    house = House(warehouse, RANGE, upsert=replace(BY_KEY, delete=True))
    house.merge({"k": [1, 2, 3], "v": [10, 20, 30]}, "one")
    house.merge({"k": [1, 2], "v": [11, 999]}, "two")
    assert house.rows() == [(1, 11), (2, 20)]


def test_an_empty_delivery_does_not_delete_the_table(warehouse: Warehouse) -> None:
    house = House(warehouse, upsert=replace(BY_KEY, delete=True))
    house.merge({"k": [1], "v": [10]}, "one")
    with pytest.raises(ContractBroken, match="an empty batch would delete every row"):
        house.merge(pl.DataFrame(schema={"k": pl.Int64, "v": pl.Int64}), "two")
    assert house.rows() == [(1, 10)]


def test_only_touched_files_are_written_anew(warehouse: Warehouse) -> None:
    house = House(warehouse)
    house.merge({"k": [1, 2], "v": [1, 2]}, "one")
    house.merge({"k": [10, 11], "v": [1, 2]}, "two")
    before = {file.path for file in house.tables.open(TABLE).files()}
    house.merge({"k": [10], "v": [9]}, "three")
    after = {file.path for file in house.tables.open(TABLE).files()}
    assert [path.split("/")[0] for path in before - after] == ["stage-two"]
    assert sorted(path.split("/")[1] for path in after - before) == ["carried", "kept"]


def test_no_column_of_the_table_is_taken_for_the_mark_of_stored_rows(tmp_path: Path) -> None:
    house = House(local(tmp_path))
    house.merge({"k": [1, 2], "carried": [10, 20]}, "one")
    house.merge({"k": [2], "carried": [21]}, "two")
    assert house.rows("k", "carried") == [(1, 10), (2, 21)]


def test_a_row_moves_to_another_partition(warehouse: Warehouse) -> None:
    house = House(warehouse, by=("p",))
    house.merge({"k": [1, 2], "p": ["x", "x"]}, "one")
    house.merge({"k": [1], "p": ["y"]}, "two")
    assert house.rows("k", "p") == [(1, "y"), (2, "x")]


def test_a_rule_on_the_whole_table_sees_it_after_the_merge(warehouse: Warehouse) -> None:
    two = Rule(
        "rows",
        "row_count",
        RowCount(),
        error=Threshold(over=Limit(2)),
        on_fail=OnFail.BLOCK,
        scope=Scope.TABLE,
    )
    house = House(warehouse, two)
    house.merge({"k": [1, 2], "v": [1, 2]}, "one")
    assert house.merge({"k": [2], "v": [3]}, "two").decision is Decision.COMMIT
    assert house.merge({"k": [3], "v": [3]}, "three").decision is Decision.REJECT
    assert house.rows() == [(1, 1), (2, 3)]


@pytest.mark.parametrize("keys", ["order_id", ["order_id"], ("order_id",)], ids=repr)
def test_keys_may_be_a_list_or_the_name_of_the_only_one(keys: Any) -> None:
    assert Upsert(keys) == Upsert(("order_id",))
    assert hash(Upsert(keys)) == hash(Upsert(("order_id",)))


def test_a_merge_needs_keys_that_are_there_and_every_column(warehouse: Warehouse) -> None:
    house = House(warehouse)
    house.merge({"k": [1], "v": [10]}, "one")
    with pytest.raises(
        ContractBroken, match=r"column 'v' \(int64\) is missing\n.*a merge replaces whole rows"
    ):
        house.merge({"k": [1]}, "two")
    house.upsert = Upsert(("key",))
    with pytest.raises(PipelineInvalid, match="no key column 'key'"):
        house.merge({"k": [1], "v": [1]}, "three")
    house.upsert = Upsert(())
    with pytest.raises(PipelineInvalid, match=r"mode merge without a key\n.*upsert=Upsert\("):
        house.merge({"k": [1], "v": [1]}, "four")
    wrong = Write(
        table=TABLE,
        frame=pl.LazyFrame({"k": [1], "v": [1]}),
        write_id="five",
        origin=ORIGIN,
        now=NOW,
        upsert=BY_KEY,
    )
    with pytest.raises(PipelineInvalid, match="an upsert with mode append"):
        house.gate.write(wrong)
    assert house.rows() == [(1, 10)]


def test_a_merge_is_judged_again_when_the_table_moved_meanwhile(warehouse: Warehouse) -> None:
    house, rival = House(warehouse), House(warehouse)
    house.merge({"k": [1, 2], "v": [1, 2]}, "one")

    def meanwhile(batch: pl.DataFrame) -> pl.DataFrame:
        if not rival.log.read(0):
            rival.merge({"k": [2], "v": [77]}, "rival")
        return batch

    frame = pl.DataFrame({"k": [1], "v": [9]}).lazy().map_batches(meanwhile)
    write = Write(
        table=TABLE,
        frame=frame,
        write_id="two",
        origin=ORIGIN,
        now=NOW,
        mode=WriteMode.MERGE,
        upsert=BY_KEY,
    )
    house.gate.write(write)
    assert house.rows() == [(1, 9), (2, 77)]


def test_a_dimension_keeps_every_version_of_its_rows(warehouse: Warehouse) -> None:
    house = House(warehouse, RANGE, upsert=HISTORY)
    house.merge({"k": [1, 2], "v": [10, 20]}, "one", NOW)
    outcome = house.merge({"k": [1, 2, 3], "v": [11, 20, 30]}, "two", NOW + DAY)
    assert outcome.verdict.counts == Counts(2, 2)  # row 2 did not change
    assert house.rows() == [
        (1, 10, NOW, NOW + DAY, False),
        (1, 11, NOW + DAY, None, True),
        (2, 20, NOW, None, True),
        (3, 30, NOW + DAY, None, True),
    ]


def test_a_refused_version_closes_nothing(warehouse: Warehouse) -> None:
    house = House(warehouse, RANGE, upsert=HISTORY)
    house.merge({"k": [1], "v": [10]}, "one", NOW)
    house.merge({"k": [1], "v": [999]}, "two", NOW + DAY)
    assert house.rows() == [(1, 10, NOW, None, True)]


def test_a_row_that_vanished_from_a_dimension_is_closed(warehouse: Warehouse) -> None:
    house = House(warehouse, upsert=replace(HISTORY, delete=True))
    house.merge({"k": [1, 2], "v": [10, 20]}, "one", NOW)
    house.merge({"k": [1], "v": [10]}, "two", NOW + DAY)
    assert house.rows("k", "valid_to", "is_current") == [
        (1, None, True),
        (2, NOW + DAY, False),
    ]


def test_rows_appended_to_a_dimension_without_their_validity_are_refused(
    warehouse: Warehouse,
) -> None:
    house = House(warehouse, upsert=HISTORY)
    house.merge({"k": [1], "v": [10]}, "one")
    rows = pl.LazyFrame({"k": [2], "v": [20]})
    append = Write(table=TABLE, frame=rows, write_id="two", origin=ORIGIN, now=NOW)
    with pytest.raises(ContractBroken, match=r"'is_current' \(boolean\) is missing"):
        house.gate.write(append)
    valid = rows.with_columns(
        valid_from=pl.lit(NOW), valid_to=pl.lit(None, pl.Datetime("us", "UTC")), is_current=True
    )
    house.gate.write(replace(append, frame=valid))
    house.merge({"k": [1, 2], "v": [10, 21]}, "three", NOW + DAY)
    assert house.rows("k", "v", "is_current") == [
        (1, 10, True),
        (2, 20, False),
        (2, 21, True),
    ]


def test_a_dimension_that_a_recovery_makes_has_its_validity_too(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = House(warehouse, upsert=HISTORY)
    with monkeypatch.context() as dying:
        dying.setattr(DeltaTable, "create", interrupted)
        with pytest.raises(KeyboardInterrupt):
            house.merge({"k": [1], "v": [10]}, "one")
    assert not house.tables.exists(TABLE)
    assert house.gate.recover(NOW) == ["one"]
    assert house.tables.open(TABLE).required == {"valid_from", "is_current"}


def interrupted(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_a_late_batch_of_a_dimension_is_refused(warehouse: Warehouse) -> None:
    house = House(warehouse, upsert=HISTORY)
    house.merge({"k": [1], "v": [10]}, "one", NOW + DAY)
    with pytest.raises(ContractBroken, match="in the order of their times"):
        house.merge({"k": [1], "v": [9]}, "late", NOW)
    assert house.rows("k", "v") == [(1, 10)]


REFERRED = Rule(
    "refers",
    "foreign_key",
    ForeignKey(column="b", references="silver.other.x"),
    error=Threshold(over=Limit(9)),
    on_fail=OnFail.BLOCK,
)
BY_GROUP = replace(REFERRED, id="refers by group", by=("g",))
ASKED = st.lists(
    st.tuples(st.integers(0, 4), st.sampled_from([1, 2, 9, None]), st.sampled_from(["x", "y"])),
    min_size=1,
    max_size=6,
)


@settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=12
)
@given(rows=ASKED)
def test_a_row_counts_once_in_however_many_rounds_it_is_asked(
    rows: list[tuple[int, int | None, str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """New keys meet no stored row, so a merge of them says what an append says."""
    said = []
    for mode in (WriteMode.APPEND, WriteMode.MERGE):
        house = House(local(tmp_path_factory.mktemp("rounds")), ONCE, REFERRED, BY_GROUP)
        pl.DataFrame({"x": [1, 2]}).write_delta(house.tables.uri("silver.other"), mode="overwrite")
        house.merge({"k": [0], "u": [0], "b": [1], "g": ["x"]}, "first")
        frame = pl.DataFrame(
            [(number, *row) for number, row in enumerate(rows, start=1)],
            schema={"k": pl.Int64, "u": pl.Int64, "b": pl.Int64, "g": pl.String},
            orient="row",
        )
        upsert = BY_KEY if mode is WriteMode.MERGE else None
        write = Write(
            table=TABLE,
            frame=frame.lazy(),
            write_id="second",
            origin=ORIGIN,
            now=NOW,
            mode=mode,
            upsert=upsert,
        )
        verdict = house.gate.write(write).verdict
        found = {(f.rule_id, f.segment): (f.failing, f.passing) for f in verdict.findings}
        said.append({one: found[one] for one in found if not one[0].startswith("merge_key")})
    assert said[0] == said[1]


@pytest.mark.parametrize("by", [(), ("g",)], ids=["whole", "in segments"])
def test_a_key_that_is_taken_once_another_row_is_refused_blocks(
    warehouse: Warehouse, by: tuple[str, ...]
) -> None:
    blocking = replace(ONCE, on_fail=OnFail.BLOCK, by=by)
    house = House(warehouse, blocking, RANGE)
    house.merge(pl.DataFrame({"k": [1], "u": [1], "v": [1], "g": ["x"]}), "first")
    refers = replace(REFERRED, on_fail=OnFail.QUARANTINE, error=ANY)
    house.gate = House(warehouse, blocking, refers).gate
    pl.DataFrame({"x": [1]}).write_delta(
        house.tables.uri("silver.other"), storage_options=warehouse.options or None
    )
    # Row 1 gives its u=1 back by being refused: then row 3 has it twice.
    batch = {"k": [1, 3], "u": [5, 1], "v": [1, 1], "g": ["x", "y"], "b": [99, 1]}
    outcome = house.merge(pl.DataFrame(batch), "second")
    assert outcome.decision is Decision.REJECT
    assert house.rows("k", "u") == [(1, 1)]


KEYS = st.lists(
    st.tuples(st.integers(0, 6), st.integers(-2, 8)), max_size=6, unique_by=lambda r: r[0]
)


@settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25
)
@given(batches=st.lists(KEYS, min_size=1, max_size=4), delete=st.booleans())
def test_any_merges_leave_what_a_dictionary_would(
    batches: list[list[tuple[int, int]]],
    *,
    delete: bool,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    root = local(tmp_path_factory.mktemp("merges"))
    house = House(root, RANGE, upsert=replace(BY_KEY, delete=delete))
    model: dict[int, int] = {}
    for number, batch in enumerate(batches):
        if delete and not batch:
            continue
        frame = pl.DataFrame(batch, schema={"k": pl.Int64, "v": pl.Int64}, orient="row")
        outcome = house.merge(frame, f"w{number}")
        came = dict(batch)
        if delete:
            model = {key: value for key, value in model.items() if key in came}
        model |= {key: value for key, value in batch if value >= 0}
        counts = outcome.verdict.counts
        assert counts.kept + counts.quarantined + counts.dropped == counts.rows_in == len(batch)
    if house.tables.exists(TABLE):
        assert house.rows() == sorted(model.items())


def test_a_merge_that_forgets_the_history_of_a_dimension_is_told_so(warehouse: Warehouse) -> None:
    house = House(warehouse, upsert=HISTORY)
    house.merge({"k": [1], "v": [10]}, "one")
    house.upsert = BY_KEY
    with pytest.raises(ContractBroken, match=r"history=Validity\(\) in its Upsert"):
        house.merge({"k": [1], "v": [11]}, "two", NOW + DAY)
