"""Rows that a merge refused take their place when they are released, unless newer ones came."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from deltalake import write_deltalake
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dq_monitor.gate import Write
from dq_monitor.gate.outcome import Outcome
from dq_monitor.gate.undoing import roll_back, rollback_id, to_version
from dq_monitor.model.table import Upsert, WriteMode, quarantine_of
from dq_monitor.model.verdict import Decision
from dq_monitor.quarantine.release import Released
from dq_monitor.quarantine.select import Selection
from dq_monitor.store.memory import MemoryLog
from dq_monitor.tables.timeline import timeline
from tests.power_cut import CutOff, CuttingLog, PowerCut
from tests.quarantine_house import NOW, STRICT, TABLE, WIDER, Quarantined, rejecting

ALL = Selection()
BY_TRIP = Upsert(("trip",))
Rows = dict[int, int]


def merge(house: Quarantined, rows: Rows, key: str, upsert: Upsert = BY_TRIP) -> Outcome:
    """Merge the miles of some trips; over 100 are refused by STRICT, and not by WIDER."""
    return house.write(batch(rows), key, WriteMode.MERGE, upsert)


def batch(rows: Rows) -> pl.DataFrame:
    columns = {"trip": list(rows), "miles": list(rows.values())}
    types = {"trip": pl.Int64, "miles": pl.Int64}
    return pl.DataFrame(columns, schema=types).with_columns(carrier=pl.lit("AA"))


def miles(house: Quarantined) -> Rows:
    found = house.tables.scan(TABLE).select("trip", "miles").collect()
    assert found["trip"].is_unique().all()
    return dict(sorted(found.iter_rows()))


def replay(house: Quarantined) -> dict[str, Released]:
    return {one.of: one for one in house.releases.replay(TABLE, ALL, now=NOW)}


def test_a_released_row_takes_the_place_of_the_one_with_its_key(tmp_path: Path) -> None:
    house = Quarantined(tmp_path)
    merge(house, {1: 10, 2: 20}, "monday")
    merge(house, {1: 500, 2: 21, 3: 600}, "tuesday")
    assert miles(house) == {1: 10, 2: 21}
    house.use(WIDER)
    told = replay(house)["tuesday"]
    assert (told.released, told.still_open, told.cause) == (2, 0, "")
    assert miles(house) == {1: 500, 2: 21, 3: 600}
    assert set(house.states()) == {(1, "released"), (3, "released")}
    entry = house.tables.open(TABLE).entry(told.write_id)
    assert entry is not None
    assert (entry["dq.mode"], entry["dq.release_of"]) == ("merge", "tuesday")
    assert replay(house) == {}


def test_a_waived_row_takes_its_place_too(tmp_path: Path) -> None:
    house = Quarantined(tmp_path)
    merge(house, {1: 10}, "monday")
    merge(house, {1: 500}, "tuesday")
    (told,) = house.releases.waive(TABLE, ALL, by="ann", why="seen", now=NOW)
    assert told.released == 1
    assert miles(house) == {1: 500}


@pytest.mark.parametrize("value", [10, 11], ids=["as before", "changed"])
def test_a_row_is_left_where_its_key_came_again(tmp_path: Path, value: int) -> None:
    house = Quarantined(tmp_path)
    merge(house, {1: 10}, "monday")
    merge(house, {1: 500, 2: 500}, "tuesday")
    merge(house, {1: value}, "wednesday")
    house.use(WIDER)
    told = replay(house)["tuesday"]
    assert (told.released, told.still_open) == (1, 1)
    assert miles(house) == {1: value, 2: 500}
    again = replay(house)["tuesday"]
    assert "newer rows with these keys came after them" in again.cause


def test_of_two_refused_rows_with_one_key_the_newer_goes_in(tmp_path: Path) -> None:
    house = Quarantined(tmp_path)
    merge(house, {1: 500}, "monday")
    merge(house, {1: 600}, "tuesday")
    house.use(WIDER)
    told = replay(house)
    assert (told["monday"].released, told["tuesday"].released) == (0, 1)
    assert miles(house) == {1: 600}


def test_a_release_of_an_older_row_does_not_bar_the_latest(tmp_path: Path) -> None:
    house = Quarantined(tmp_path)
    house.write(batch({1: 400, 2: 1}), "monday")
    merge(house, {1: 500, 3: 1}, "tuesday")
    house.use(WIDER)
    assert {one.released for one in replay(house).values()} == {1}
    assert miles(house) == {1: 500, 2: 1, 3: 1}


@pytest.mark.parametrize("mode", [WriteMode.MERGE, WriteMode.OVERWRITE])
def test_the_order_is_that_of_the_table_when_quarantine_came_late(
    tmp_path: Path, mode: WriteMode
) -> None:
    house = Quarantined(tmp_path)
    upsert = BY_TRIP if mode is WriteMode.MERGE else None
    merge(house, {1: 1}, "first")
    dying = Quarantined(tmp_path, STRICT, house.log)
    dying.tables = CutOff(house.tables.root)
    dying.tables.at = quarantine_of(TABLE)
    dying.use(STRICT)
    with pytest.raises(PowerCut):
        dying.write(batch({2: 500}), "monday", mode, upsert)
    house.write(batch({2: 600, 3: 3}), "tuesday", mode, upsert)
    house.gate.recover(NOW)
    house.use(WIDER)
    told = replay(house)
    assert (told["monday"].released, told["tuesday"].released) == (0, 1)
    assert miles(house) == ({1: 1} if mode is WriteMode.MERGE else {}) | {2: 600, 3: 3}


def test_rows_that_repeat_a_key_stay(tmp_path: Path) -> None:
    house = Quarantined(tmp_path, STRICT.replace("  - unique: trip\n", ""))
    merge(house, {1: 10}, "monday")
    house.write(pl.concat([batch({2: 500}), batch({2: 600})]), "two", WriteMode.MERGE, BY_TRIP)
    house.use(WIDER.replace("  - unique: trip\n", ""))
    told = replay(house)["two"]
    assert (told.released, told.still_open) == (0, 2)
    waived = house.releases.waive(TABLE, ALL, by="ann", why="seen", now=NOW)
    assert "merge_key_unique" in waived[0].cause
    assert miles(house) == {1: 10}


def test_a_row_whose_twin_was_kept_stays(tmp_path: Path) -> None:
    house = Quarantined(tmp_path)
    house.write(
        pl.concat([batch({1: 10, 2: 20}), batch({1: 500})]), "one", WriteMode.MERGE, BY_TRIP
    )
    house.use(WIDER)
    told = replay(house)["one"]
    assert (told.released, told.still_open) == (0, 1)
    assert miles(house) == {1: 10, 2: 20}


def deleting(house: Quarantined) -> None:
    merge(house, {2: 20}, "wednesday", replace(BY_TRIP, delete=True))


def past_the_gate(house: Quarantined) -> None:
    write_deltalake(house.tables.uri(TABLE), batch({3: 30}), mode="append")


@pytest.mark.parametrize(
    ("later", "cause"),
    [(deleting, "it did not bring"), (past_the_gate, "past the gate")],
    ids=["a merge that deletes", "somebody past the gate"],
)
def test_rows_stay_where_nobody_can_say_what_came_after(
    tmp_path: Path, later: Callable[[Quarantined], None], cause: str
) -> None:
    house = Quarantined(tmp_path)
    merge(house, {1: 500, 2: 20}, "tuesday")
    later(house)
    before = miles(house)
    house.use(WIDER)
    assert cause in replay(house)["tuesday"].cause
    assert miles(house) == before


def test_a_merge_that_was_rejected_whole_is_its_senders(tmp_path: Path) -> None:
    house = Quarantined(tmp_path, rejecting())
    merge(house, {1: 10}, "monday")
    assert merge(house, {1: 11, 2: 500}, "tuesday").decision is Decision.REJECT
    house.use(WIDER)
    assert "rejected as a whole" in replay(house)["tuesday"].cause
    assert miles(house) == {1: 10}


def test_the_logs_of_the_tables_know_the_key_when_the_store_is_lost(tmp_path: Path) -> None:
    house = Quarantined(tmp_path)
    merge(house, {1: 10}, "monday")
    merge(house, {1: 500}, "tuesday")
    house.log = MemoryLog()
    house.use(WIDER)
    assert replay(house)["tuesday"].released == 1
    assert miles(house) == {1: 500}


def test_who_merges_in_between_is_not_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = Quarantined(tmp_path)
    merge(house, {1: 10, 2: 20}, "monday")
    merge(house, {1: 500, 2: 500}, "tuesday")
    house.use(WIDER)
    write, rivals = house.gate.write, ["wednesday"]

    def late(one: Write) -> Outcome:
        if rivals:
            merge(house, {1: 11}, rivals.pop())
        return write(one)

    monkeypatch.setattr(house.gate, "write", late)
    house.releases.replay(TABLE, ALL, now=NOW)
    assert miles(house) == {1: 11, 2: 500}


def test_a_release_that_is_rolled_back_can_be_made_again(tmp_path: Path) -> None:
    house = Quarantined(tmp_path)
    merge(house, {1: 10}, "monday")
    merge(house, {1: 500}, "tuesday")
    house.use(WIDER)
    released = replay(house)["tuesday"].version
    assert released is not None
    plan = to_version(timeline(TABLE, house.tables.open(TABLE)), released - 1)
    roll_back(house.tables, house.log, rollback_id(plan.rollback), plan.rollback, NOW)
    assert miles(house) == {1: 10}
    assert replay(house)["tuesday"].released == 1
    assert miles(house) == {1: 500}


@pytest.mark.parametrize("kept", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", ["write_started", "write_judged", "rows_moved", "batch_committed"])
@pytest.mark.parametrize("rival", [False, True], ids=["alone", "another merge comes"])
def test_power_may_fail_around_each_fact_of_a_release(
    at: str, tmp_path: Path, *, kept: bool, rival: bool
) -> None:
    house = Quarantined(tmp_path)
    merge(house, {1: 10, 2: 20}, "monday")
    merge(house, {1: 500, 2: 500}, "tuesday")
    cut = Quarantined(tmp_path, WIDER, CuttingLog(house.log, at, kept))
    with pytest.raises(PowerCut):
        replay(cut)
    house.use(WIDER)
    if rival:
        merge(house, {1: 11}, "wednesday")
    house.releases.replay(TABLE, ALL, now=NOW)
    assert miles(house) == {1: 11 if rival else 500, 2: 500}
    house.gate.recover(NOW)
    assert house.log.open_writes() == []


DELIVERIES = st.dictionaries(st.integers(0, 4), st.sampled_from([1, 2, 500, 600]), max_size=4)
STEPS = st.lists(st.one_of(DELIVERIES, st.sampled_from(["strict", "wide"])), max_size=7)


@settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=12
)
@given(steps=STEPS)
def test_after_all_is_replayed_each_key_is_as_it_was_delivered_last(
    steps: list[Rows | str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    house = Quarantined(tmp_path_factory.mktemp("merges"))
    merge(house, {9: 1}, "first")
    last: Rows = {9: 1}
    for number, step in enumerate(steps):
        if isinstance(step, str):
            house.use(WIDER if step == "wide" else STRICT)
            house.releases.replay(TABLE, ALL, now=NOW)
        else:
            merge(house, step, f"w{number}")
            last |= step
    house.use(WIDER)
    house.releases.replay(TABLE, ALL, now=NOW)
    assert miles(house) == dict(sorted(last.items()))
