from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dq_monitor.checks.foreign_key import ForeignKey
from dq_monitor.checks.freshness import Freshness
from dq_monitor.checks.functional_dependency import FunctionalDependency
from dq_monitor.checks.in_range import InRange
from dq_monitor.checks.mean import Mean
from dq_monitor.checks.monotonic import Monotonic
from dq_monitor.checks.not_null import NotNull
from dq_monitor.checks.primary_key import PrimaryKey
from dq_monitor.checks.row_count import RowCount
from dq_monitor.checks.schema_changed import SchemaChanged
from dq_monitor.checks.unique import Unique
from dq_monitor.errors import ContractBroken, PackMissing, PipelineInvalid, TypeUnsupported
from dq_monitor.gate import Gate, Outcome, Write
from dq_monitor.model.event import BatchCommitted, Origin, WriteJudged, WriteStarted
from dq_monitor.model.pack import ColumnContract, Contract, GatePolicy, OnEmpty, Pack
from dq_monitor.model.rule import Limit, Nulls, OnFail, Rule, Scope, Threshold
from dq_monitor.model.table import WriteMode, quarantine_of
from dq_monitor.model.verdict import Counts, Decision, Status
from dq_monitor.storage import is_remote
from dq_monitor.store.memory import MemoryHistory, MemoryLog
from tests.bucket_server import Warehouse, local

NOW = datetime(2013, 2, 9, 11, tzinfo=UTC)
TABLE = "silver.flights"
ORIGIN = Origin(job="test", run_id="00000000-0000-0000-0000-000000000001")
ANY = Threshold(over=Limit(0))

NOT_NULL = Rule("not_null.a", "not_null", NotNull(column="a"), error=ANY)
RANGE = Rule("in_range.a", "in_range", InRange(column="a", min=0, max=9), error=ANY)
UNIQUE = Rule("unique.a", "unique", Unique(key=("a",)), error=ANY)
ROWS = Rule(
    "row_count",
    "row_count",
    RowCount(),
    error=Threshold(below=Limit(1)),
    on_fail=OnFail.BLOCK,
)


class House:
    """A warehouse with one guarded table and a log in memory."""

    def __init__(self, root: Warehouse, *rules: Rule, **pack: object) -> None:
        self.tables = root.tables()
        self.log = MemoryLog()
        self.pack = Pack("flights", TABLE, "f1", rules=rules, **pack)  # type: ignore[arg-type] # a test's shorthand
        self.gate = self.open(self.pack)

    def open(self, pack: Pack) -> Gate:
        history = MemoryHistory(self.log)
        return Gate(tables=self.tables, packs={pack.table: pack}, log=self.log, history=history)

    def write(
        self,
        frame: pl.DataFrame,
        key: str = "one",
        mode: WriteMode = WriteMode.APPEND,
        now: datetime = NOW,
    ) -> Outcome:
        return self.gate.write(
            Write(table=TABLE, frame=frame.lazy(), write_id=key, origin=ORIGIN, now=now, mode=mode)
        )

    def rows(self, table: str = TABLE) -> pl.DataFrame:
        return self.tables.scan(table).collect()

    def quarantine(self) -> pl.DataFrame:
        return self.rows(quarantine_of(TABLE))


def test_bad_rows_go_to_quarantine_with_every_reason(warehouse: Warehouse) -> None:
    house = House(warehouse, NOT_NULL, RANGE, Rule("big", "in_range", InRange(column="a", max=50)))
    outcome = house.write(pl.DataFrame({"a": [1, None, 99], "b": ["x", "y", "z"]}))
    assert outcome.verdict.counts == Counts(3, 1, 2, 0)
    assert house.rows().rows() == [(1, "x")]
    reasons = dict(house.quarantine().select("b", "_dq_reasons").iter_rows())
    assert reasons == {"y": ["not_null.a"], "z": ["in_range.a", "big"]}


def test_a_failing_block_rule_keeps_the_batch_out_and_in_quarantine(warehouse: Warehouse) -> None:
    house = House(warehouse, replace(RANGE, on_fail=OnFail.BLOCK))
    house.write(pl.DataFrame({"a": [1]}), "good")
    outcome = house.write(pl.DataFrame({"a": [2, 99]}), "bad")
    assert (outcome.decision, outcome.version) == (Decision.REJECT, None)
    assert outcome.verdict.counts == Counts(2, 0, 2, 0)
    assert house.rows()["a"].to_list() == [1]
    assert house.quarantine()["_dq_reasons"].to_list() == [["batch_rejected"]] * 2


def test_dropped_rows_are_counted_and_gone(warehouse: Warehouse) -> None:
    house = House(warehouse, replace(RANGE, on_fail=OnFail.DROP), NOT_NULL)
    outcome = house.write(pl.DataFrame({"a": [1, 99, None]}))
    assert outcome.verdict.counts == Counts(3, 1, 1, 1)


def test_kept_rows_that_fail_are_told_of_and_stay(warehouse: Warehouse) -> None:
    house = House(warehouse, replace(RANGE, on_fail=OnFail.KEEP, error=None, warn=ANY))
    outcome = house.write(pl.DataFrame({"a": [1, 99]}))
    assert outcome.verdict.status is Status.WARN
    assert house.rows().height == 2


def test_both_rows_of_a_duplicated_key_are_quarantined(warehouse: Warehouse) -> None:
    house = House(warehouse, UNIQUE, RANGE)
    outcome = house.write(pl.DataFrame({"a": [1, 2, 2, 99, None]}))
    assert outcome.verdict.counts == Counts(5, 2, 3, 0)
    assert sorted(house.quarantine()["_dq_reasons"].to_list()) == [
        ["in_range.a"],
        ["unique.a"],
        ["unique.a"],
    ]


def test_a_key_that_is_stored_already_is_quarantined(warehouse: Warehouse) -> None:
    house = House(warehouse, UNIQUE)
    house.write(pl.DataFrame({"a": [1, 2]}), "one")
    outcome = house.write(pl.DataFrame({"a": [2, 3]}), "two")
    assert outcome.verdict.counts == Counts(2, 1, 1, 0)
    assert sorted(house.rows()["a"]) == [1, 2, 3]


def test_a_text_key_is_held_against_the_stored_rows(warehouse: Warehouse) -> None:
    house = House(warehouse, replace(UNIQUE, check=Unique(key=("a", "b"))))
    house.write(pl.DataFrame({"a": [1, 2], "b": ["b", "a"]}), "one")
    outcome = house.write(pl.DataFrame({"a": [1, 2], "b": ["b", "b"]}), "two")
    assert outcome.verdict.counts == Counts(2, 1, 1, 0)


def test_a_key_that_another_writer_commits_meanwhile_is_found(warehouse: Warehouse) -> None:
    house = House(warehouse, UNIQUE)
    rival = House(warehouse, UNIQUE)

    def meanwhile(batch: pl.DataFrame) -> pl.DataFrame:
        if not rival.log.read(0):
            rival.write(pl.DataFrame({"a": [2, 9]}), "rival")
        return batch

    frame = pl.LazyFrame({"a": [1, 2]}).map_batches(meanwhile, schema={"a": pl.Int64()})
    outcome = house.gate.write(
        Write(table=TABLE, frame=frame, write_id="one", origin=ORIGIN, now=NOW)
    )
    assert outcome.verdict.counts == Counts(2, 1, 1, 0)
    assert sorted(house.rows()["a"]) == [1, 2, 9]


def test_an_overwrite_is_not_held_against_the_rows_it_replaces(warehouse: Warehouse) -> None:
    house = House(warehouse, UNIQUE)
    house.write(pl.DataFrame({"a": [1, 2]}), "one")
    outcome = house.write(pl.DataFrame({"a": [2, 3]}), "two", WriteMode.OVERWRITE)
    assert outcome.verdict.status is Status.PASS
    assert sorted(house.rows()["a"]) == [2, 3]


def test_replaced_partitions_are_not_held_against_themselves(warehouse: Warehouse) -> None:
    house = House(warehouse, UNIQUE, partition_by=("p",))
    house.write(pl.DataFrame({"a": [1, 2], "p": ["x", "y"]}), "one")
    mode = WriteMode.REPLACE_PARTITIONS
    again = house.write(pl.DataFrame({"a": [1, 5], "p": ["x", "x"]}), "two", mode)
    assert again.verdict.counts == Counts(2, 2, 0, 0)
    clash = house.write(pl.DataFrame({"a": [2], "p": ["x"]}), "three", mode)
    assert clash.verdict.counts == Counts(1, 0, 1, 0)


def test_table_rules_are_asked_of_the_rows_that_will_be_committed(warehouse: Warehouse) -> None:
    mean = Rule("mean.a", "mean", Mean(column="a"), warn=Threshold(outside=(0, 5)))
    house = House(warehouse, RANGE, UNIQUE, mean)
    verdict = house.write(pl.DataFrame({"a": [2, 4, 8, 8, 106]})).verdict
    finding = next(f for f in verdict.findings if f.rule_id == "mean.a")
    assert (finding.value, finding.batch_value) == (3, 25.6)


def test_a_rule_of_scope_table_is_asked_of_all_that_will_be_stored(warehouse: Warehouse) -> None:
    few = Rule(
        "row_count",
        "row_count",
        RowCount(),
        error=Threshold(below=Limit(3)),
        on_fail=OnFail.BLOCK,
        scope=Scope.TABLE,
    )
    mean = Rule(
        "mean.a", "mean", Mean(column="a"), warn=Threshold(outside=(0, 9)), scope=Scope.TABLE
    )
    house = House(warehouse, few, mean, RANGE)
    assert house.write(pl.DataFrame({"a": [1, 2, 3]}), "one").decision is Decision.COMMIT
    second = house.write(pl.DataFrame({"a": [6, 99]}), "two")
    values = {f.rule_id: f.value for f in second.verdict.findings}
    assert (second.decision, values["row_count"], values["mean.a"]) == (Decision.COMMIT, 4, 3)
    only = house.write(pl.DataFrame({"a": [7]}), "three", WriteMode.OVERWRITE)
    assert only.decision is Decision.REJECT


def test_a_foreign_key_without_its_table_is_an_error_and_blocks(warehouse: Warehouse) -> None:
    check = ForeignKey(column="a", references="bronze.keys.k")
    house = House(warehouse, Rule("fk", "foreign_key", check, warn=ANY, on_fail=OnFail.KEEP))
    outcome = house.write(pl.DataFrame({"a": [1]}))
    assert (outcome.decision, outcome.verdict.status) == (Decision.REJECT, Status.ERROR)
    assert "bronze.keys" in outcome.verdict.reasons[0]


KEYS = pl.DataFrame({"k": [1, 2], "f": [0.5, 0.5]})
# Rows: a known key, one that is not there, and three with a part that is null or NaN.
ASKED = pl.DataFrame({"a": [1, 3, None, 2, None], "b": [0.5, 0.5, 0.5, float("nan"), None]})


def fill(house: House, table: str, frame: pl.DataFrame) -> None:
    gate = house.open(Pack(table, table, "f2"))
    gate.write(Write(table=table, frame=frame.lazy(), write_id=table, origin=ORIGIN, now=NOW))


@pytest.mark.parametrize(
    ("nulls", "kept", "failing"),
    [(Nulls.SKIP, 4, 1), (Nulls.PASS, 4, 1), (Nulls.FAIL, 1, 4)],
)
def test_a_foreign_key_with_a_missing_part_is_what_the_rule_says(
    warehouse: Warehouse, nulls: Nulls, kept: int, failing: int
) -> None:
    check = ForeignKey(key=("a", "b"), references=("bronze.keys.k", "bronze.keys.f"))
    house = House(warehouse, Rule("fk", "foreign_key", check, error=ANY, nulls=nulls))
    fill(house, "bronze.keys", KEYS)
    outcome = house.write(ASKED)
    assert outcome.verdict.counts == Counts(5, kept, failing, 0)
    assert house.quarantine()["_dq_reasons"].to_list() == [["fk"]] * failing
    assert (house.rows().height, house.quarantine().height) == (kept, failing)


@pytest.mark.parametrize(
    ("check", "kept"), [(Unique(key=("a", "b")), 3), (PrimaryKey(key=("a", "b")), 1)]
)
def test_rows_without_a_whole_key_fail_where_the_rule_says_so(
    warehouse: Warehouse, check: Unique | PrimaryKey, kept: int
) -> None:
    nulls = Nulls(check.null_keys)
    house = House(warehouse, Rule("key", "key", check, error=ANY, nulls=nulls))
    frame = pl.DataFrame({"a": [1, 2, 2, None, 4], "b": [0.5, 0.5, 0.5, 1.0, float("nan")]})
    outcome = house.write(frame)
    assert outcome.verdict.counts == Counts(5, kept, 5 - kept, 0)
    assert sorted(house.quarantine()["_dq_reasons"].to_list()) == [["key"]] * (5 - kept)


def test_keys_that_miss_a_part_leave_although_no_key_fails(warehouse: Warehouse) -> None:
    house = House(warehouse, replace(UNIQUE, nulls=Nulls.FAIL, where="b"))
    frame = pl.DataFrame({"a": [1.0, None, float("nan"), None], "b": [True, True, True, False]})
    outcome = house.write(frame)
    assert outcome.verdict.counts == Counts(4, 2, 2, 0)
    assert house.quarantine()["b"].to_list() == [True, True]


def test_a_value_that_contradicts_a_stored_one_is_quarantined(warehouse: Warehouse) -> None:
    check = FunctionalDependency(determinant=("a",), dependent=("b",))
    house = House(warehouse, Rule("fd", "functional_dependency", check, error=ANY))
    house.write(pl.DataFrame({"a": [1, 2], "b": ["x", "y"]}), "one")
    # The stored counterpart lies outside the range of the batch's own values.
    outcome = house.write(pl.DataFrame({"a": [1, 1, 2], "b": ["z", "z", "y"]}), "two")
    assert outcome.verdict.counts == Counts(3, 1, 2, 0)
    assert house.quarantine()["b"].to_list() == ["z", "z"]


def test_a_rule_on_a_missing_column_names_the_columns_there_are(warehouse: Warehouse) -> None:
    house = House(warehouse, replace(RANGE, check=InRange(column="aa", min=0)))
    outcome = house.write(pl.DataFrame({"a": [1]}))
    assert outcome.decision is Decision.REJECT
    assert "'aa'" in outcome.verdict.reasons[0]
    assert "'a'" in outcome.verdict.reasons[0]


@pytest.mark.parametrize(
    ("policy", "decision"),
    [(OnEmpty.PASS, Decision.COMMIT), (OnEmpty.REJECT, Decision.REJECT)],
)
def test_an_empty_batch_follows_the_pack(
    warehouse: Warehouse, policy: OnEmpty, decision: Decision
) -> None:
    house = House(warehouse, NOT_NULL, UNIQUE, gate=GatePolicy(on_empty=policy))
    outcome = house.write(pl.DataFrame({"a": []}, schema={"a": pl.Int64}))
    assert outcome.decision is decision
    assert outcome.verdict.counts == Counts(0, 0, 0, 0)


def test_empty_write_breaks_row_count(warehouse: Warehouse) -> None:
    house = House(warehouse, ROWS)
    outcome = house.write(pl.DataFrame({"a": []}, schema={"a": pl.Int64}))
    assert outcome.verdict.reasons == ("rule row_count blocks: measured 0 over 0 rows",)


def test_too_many_bad_rows_break_the_circuit(warehouse: Warehouse) -> None:
    house = House(warehouse, RANGE, gate=GatePolicy(max_quarantined=Limit(0.25, share=True)))
    outcome = house.write(pl.DataFrame({"a": [1, 2, 99, 98]}))
    assert outcome.decision is Decision.REJECT
    assert outcome.verdict.counts == Counts(4, 0, 4, 0)


def test_the_same_write_twice_changes_nothing(warehouse: Warehouse) -> None:
    house = House(warehouse, RANGE)
    frame = pl.DataFrame({"a": [1, 99]})
    first = house.write(frame)
    events = len(house.log.read(0))
    again = house.write(frame)
    assert again == replace(first, replayed=True)
    assert (house.rows().height, house.quarantine().height) == (1, 1)
    assert len(house.log.read(0)) == events


def test_a_rejected_batch_is_judged_again_under_other_rules(warehouse: Warehouse) -> None:
    house = House(warehouse, replace(RANGE, on_fail=OnFail.BLOCK))
    frame = pl.DataFrame({"a": [99]})
    assert house.write(frame).decision is Decision.REJECT
    house.gate = house.open(replace(house.pack, fingerprint="f2", rules=()))
    assert house.write(frame).decision is Decision.COMMIT
    assert house.write(frame).replayed
    house.gate = house.open(replace(house.pack, fingerprint="f3", rules=()))
    again = house.write(frame)
    assert (again.replayed, again.decision) == (True, Decision.COMMIT)
    assert house.gate.settled("one") == again
    assert house.rows().height == 1


def test_a_mended_batch_is_judged_again_under_its_key(warehouse: Warehouse) -> None:
    house = House(warehouse, replace(RANGE, on_fail=OnFail.BLOCK))
    assert house.write(pl.DataFrame({"a": [1, 99]})).decision is Decision.REJECT
    mended = house.write(pl.DataFrame({"a": [1, 9]}))
    assert (mended.decision, mended.replayed) == (Decision.COMMIT, False)
    assert house.write(pl.DataFrame({"a": [1, 9]})) == replace(mended, replayed=True)
    assert house.rows()["a"].to_list() == [1, 9]


def test_a_batch_refused_again_for_the_same_reasons_changes_nothing(warehouse: Warehouse) -> None:
    house = House(warehouse, replace(RANGE, on_fail=OnFail.BLOCK))
    first = house.write(pl.DataFrame({"a": [1, 99]}))
    for _ in range(2):
        assert house.write(pl.DataFrame({"a": [1, 99]})) == replace(first, replayed=True)
    assert house.quarantine().height == 2
    assert house.log.open_writes() == []
    assert not [
        path for path in warehouse.paths() if "/stage-" in path and "silver" in path.split("/")[0]
    ]


def test_the_age_of_a_batch_is_no_other_reason_to_refuse_it(warehouse: Warehouse) -> None:
    late = Rule(
        "freshness.at",
        "freshness",
        Freshness(column="at"),
        error=Threshold(over=Limit(3600)),
        on_fail=OnFail.BLOCK,
    )
    house = House(warehouse, late)
    rows = pl.DataFrame({"a": [1, 2], "at": [NOW - timedelta(days=1)] * 2})
    first = house.write(rows)
    assert first.decision is Decision.REJECT
    for hours in (1, 2):
        again = house.write(rows, now=NOW + timedelta(hours=hours))
        assert again == replace(first, replayed=True)
    assert house.quarantine().height == 2


def test_columns_of_quarantine_are_not_taken_into_a_table(warehouse: Warehouse) -> None:
    house = House(warehouse, RANGE)
    house.write(pl.DataFrame({"a": [1, 99]}))
    mended = house.quarantine().with_columns(pl.lit(5).alias("a"))
    with pytest.raises(ContractBroken, match="names that dq-monitor gives in quar"):
        house.write(mended, "two")
    house.write(mended.drop(pl.selectors.starts_with("_dq_")), "two")
    assert house.rows()["a"].sort().to_list() == [1, 5]


def test_a_batch_whose_table_was_lost_is_written_again(warehouse: Warehouse) -> None:
    house = House(warehouse, RANGE)
    frame = pl.DataFrame({"a": [1, 2]})
    house.write(frame)
    warehouse.clear("silver")
    assert house.gate.settled("one") is None
    assert house.write(frame).replayed is False
    assert house.write(frame).replayed
    assert house.rows().height == 2


def test_partitions_cannot_be_replaced_where_there_are_none(warehouse: Warehouse) -> None:
    house = House(warehouse)
    with pytest.raises(PipelineInvalid, match=r"without partitions\n.*partition_by"):
        house.write(pl.DataFrame({"a": [1]}), "one", WriteMode.REPLACE_PARTITIONS)


def test_a_batch_may_be_rejected_under_one_pack_after_another(warehouse: Warehouse) -> None:
    blocking = replace(RANGE, on_fail=OnFail.BLOCK)
    house = House(warehouse, blocking)
    frame = pl.DataFrame({"a": [99]})
    ids = set()
    for fingerprint in ("f1", "f2", "f3"):
        house.gate = house.open(replace(house.pack, fingerprint=fingerprint))
        ids.add(house.write(frame).write_id)
        assert house.write(frame).replayed
    assert len(ids) == 3


def test_times_of_other_zones_are_stored_in_utc(warehouse: Warehouse) -> None:
    house = House(warehouse, NOT_NULL)
    times = pl.Series([NOW]).dt.convert_time_zone("Europe/Berlin")
    house.write(pl.DataFrame({"a": [1], "at": times}))
    house.write(pl.DataFrame({"a": [2], "at": times, "later": times}), "two")
    assert house.rows()["later"].to_list() == [NOW, None]
    assert house.rows().schema["at"] == pl.Datetime("us", "UTC")
    assert house.rows()["at"].to_list() == [NOW, NOW]


@pytest.mark.parametrize(
    ("dtype", "fix"),
    [
        (pl.Datetime("ns", "UTC"), r"Datetime\('us', 'UTC'\)"),
        (pl.Datetime("ns"), r"Datetime\('us'\)"),
        (pl.List(pl.Datetime("us", "Europe/Berlin")), r"Datetime\('us', 'UTC'\)"),
    ],
    ids=str,
)
def test_times_that_delta_has_not_are_told_with_what_they_become(
    warehouse: Warehouse, dtype: pl.DataType, fix: str
) -> None:
    frame = pl.DataFrame({"a": [1], "at": [None]}, schema={"a": pl.Int64, "at": dtype})
    with pytest.raises(TypeUnsupported, match=fix):
        House(warehouse, NOT_NULL).write(frame)


def test_the_commit_proves_the_audit_without_the_store(warehouse: Warehouse) -> None:
    house = House(warehouse, RANGE)
    first = house.write(pl.DataFrame({"a": [1, 99]}))
    house.log = MemoryLog()
    house.gate = house.open(house.pack)
    again = house.write(pl.DataFrame({"a": [1, 99]}))
    assert again.replayed
    assert again.verdict.counts == first.verdict.counts
    assert (house.rows().height, house.quarantine().height) == (1, 1)


def test_a_batch_that_cannot_be_read_leaves_nothing_behind(warehouse: Warehouse) -> None:
    house = House(warehouse, RANGE)
    broken = pl.LazyFrame({"a": ["1", "x"]}).select(pl.col("a").str.to_integer(strict=True))
    with pytest.raises(pl.exceptions.PolarsError):
        house.gate.write(Write(table=TABLE, frame=broken, write_id="one", origin=ORIGIN, now=NOW))
    assert not house.tables.place(TABLE).files("stage-one")
    if not is_remote(warehouse.root):  # an upload may outlive its failed sink: it never counts
        assert not [path for path in warehouse.paths() if path.endswith(".parquet")]
    mended = pl.LazyFrame({"a": [1, 99]})
    house.gate.write(Write(table=TABLE, frame=mended, write_id="one", origin=ORIGIN, now=NOW))
    assert (house.rows()["a"].to_list(), house.quarantine()["a"].to_list()) == ([1], [99])
    assert house.log.open_writes() == []
    assert house.write(pl.DataFrame({"a": [1]})).decision is Decision.COMMIT


def test_a_judged_write_is_finished_by_recovery(warehouse: Warehouse) -> None:
    house = House(warehouse, RANGE)
    whole = house.log
    house.write(pl.DataFrame({"a": [1, 99]}))
    house.log = MemoryLog()
    for event in (e.event for e in whole.read(0)):
        if isinstance(event, WriteStarted | WriteJudged):
            house.log.append(event)
    house.gate = house.open(house.pack)
    assert house.gate.recover(NOW) == ["one"]
    committed = house.log.write_events("one")[-1]
    assert isinstance(committed, BatchCommitted)
    assert committed.recovered
    assert (house.rows().height, house.quarantine().height) == (1, 1)


def test_a_contract_is_held_before_a_row_is_read(warehouse: Warehouse) -> None:
    contract = Contract({"a": ColumnContract("int64", nullable=False)})
    house = House(warehouse, contract=contract)
    with pytest.raises(ContractBroken, match="'a' should be int64 and is string"):
        house.write(pl.DataFrame({"a": ["1"]}))
    assert house.log.open_writes() == []


def test_a_type_that_delta_cannot_hold_is_named(warehouse: Warehouse) -> None:
    house = House(warehouse)
    with pytest.raises(TypeUnsupported, match=r"column 'a' has type Categorical.*\n.*cast it"):
        house.write(pl.DataFrame({"a": ["x"]}, schema={"a": pl.Categorical}))


def test_a_table_without_a_pack_is_refused(warehouse: Warehouse) -> None:
    house = House(warehouse)
    write = Write(table="gold.other", frame=pl.LazyFrame(), write_id="x", origin=ORIGIN, now=NOW)
    with pytest.raises(PackMissing, match=r"gold\.other"):
        house.gate.write(write)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    values=st.lists(st.one_of(st.none(), st.integers(-3, 12)), max_size=12),
    actions=st.tuples(*[st.sampled_from([OnFail.QUARANTINE, OnFail.DROP, OnFail.KEEP])] * 3),
    batches=st.integers(1, 2),
)
def test_no_row_is_lost_or_made(
    tmp_path_factory: pytest.TempPathFactory,
    values: list[int | None],
    actions: tuple[OnFail, OnFail, OnFail],
    batches: int,
) -> None:
    rules = [replace(r, on_fail=a) for r, a in zip((NOT_NULL, RANGE, UNIQUE), actions, strict=True)]
    house = House(local(tmp_path_factory.mktemp("house")), *rules)
    frame = pl.DataFrame({"a": values}, schema={"a": pl.Int64})
    counts = [house.write(frame, str(n)).verdict.counts for n in range(batches)]
    assert all(c.kept + c.quarantined + c.dropped == c.rows_in == len(values) for c in counts)
    assert house.rows().height == sum(c.kept for c in counts)
    quarantined = sum(c.quarantined for c in counts)
    assert quarantined == (house.quarantine().height if quarantined else 0)


def changed(**parameters: object) -> Rule:
    check = SchemaChanged(**parameters)  # type: ignore[arg-type] # a test's shorthand
    return Rule("changed", "schema_changed", check, warn=ANY)


def test_first_batch_has_no_schema_to_differ_from(warehouse: Warehouse) -> None:
    outcome = House(warehouse, changed()).write(pl.DataFrame({"a": [1]}))
    (finding,) = outcome.verdict.findings
    assert finding.status is Status.NOT_EVALUATED


@pytest.mark.parametrize(
    ("batch", "value", "message"),
    [
        ({"a": [1], "b": ["x"]}, 0, ""),
        ({"a": [1], "c": [1.5]}, 2, "added: c; removed: b"),
        ({"b": ["x"], "a": [1]}, 2, "reordered: a, b"),
    ],
)
def test_batch_as_it_was_delivered_is_held_against_the_stored_columns(
    warehouse: Warehouse, batch: dict[str, list[object]], value: float, message: str
) -> None:
    house = House(warehouse, changed())
    house.write(pl.DataFrame({"a": [1], "b": ["x"]}))
    (finding,) = house.write(pl.DataFrame(batch), "two").verdict.findings
    assert finding.value == value
    assert finding.status is (Status.WARN if value else Status.PASS)
    assert message in finding.message


def test_type_that_the_contract_widens_is_a_changed_one(warehouse: Warehouse) -> None:
    contract = Contract(columns={"a": ColumnContract("int64")})
    house = House(warehouse, changed(ignore=("added",)), contract=contract)
    house.write(pl.DataFrame({"a": [1]}))
    narrow = pl.DataFrame({"a": [1], "b": [1]}, schema_overrides={"a": pl.Int32})
    (finding,) = house.write(narrow, "two").verdict.findings
    assert "retyped: a (int64 to int32)" in finding.message
    assert finding.value == 1


def test_contract_promises_a_struct(warehouse: Warehouse) -> None:
    contract = Contract(columns={"at": ColumnContract("struct{lat: float64, lon: float64}")})
    house = House(warehouse, contract=contract)
    house.write(pl.DataFrame({"at": [{"lat": 1.5, "lon": 2.5}, None]}))
    assert house.rows()["at"].to_list() == [{"lat": 1.5, "lon": 2.5}, None]
    with pytest.raises(ContractBroken, match=r"should be struct\{lat: float64, lon: float64\}"):
        house.write(pl.DataFrame({"at": [{"lat": 1.5}]}), "two")


def test_series_goes_on_from_the_stored_rows(warehouse: Warehouse) -> None:
    check = Monotonic(column="x", order_by=("t",))
    house = House(warehouse, Rule("rising", "monotonic", check, error=ANY))
    house.write(pl.DataFrame({"t": [1, 2], "x": [10, 20]}))
    outcome = house.write(pl.DataFrame({"t": [3, 4], "x": [5, 6]}), "two")
    assert outcome.verdict.counts == Counts(2, 1, 1, 0)
    assert house.quarantine()["x"].to_list() == [5]


def test_stored_rows_outside_where_are_not_asked_either(warehouse: Warehouse) -> None:
    rule = Rule("unique.a", "unique", Unique(key=("a",)), where="b = 'x'", error=ANY)
    house = House(warehouse, rule)
    house.write(pl.DataFrame({"a": [1, 2], "b": ["y", "x"]}))
    house.write(pl.DataFrame({"a": [1, 2], "b": ["x", "x"]}), "two")
    assert house.quarantine()["a"].to_list() == [2]


@pytest.mark.parametrize(
    "rule",
    [
        Rule("unique.c", "unique", Unique(key=("c",)), error=ANY),
        Rule("rising", "monotonic", Monotonic(column="c", order_by=("a",)), error=ANY),
        Rule("unique.a", "unique", Unique(key=("a",)), where="c > 0", error=ANY),
        Rule("mean", "mean", Mean(column="c"), error=Threshold(over=Limit(5)), scope=Scope.TABLE),
    ],
    ids=lambda rule: rule.id,
)
def test_column_that_is_new_to_the_table_is_null_in_its_rows(
    warehouse: Warehouse, rule: Rule
) -> None:
    House(warehouse).write(pl.DataFrame({"a": [1]}))
    outcome = House(warehouse, rule).write(pl.DataFrame({"a": [1], "c": [5]}), "two")
    assert outcome.verdict.status is Status.PASS
