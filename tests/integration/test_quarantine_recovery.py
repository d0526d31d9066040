"""What a release or a write leaves when it cannot end: settled from what is there, or said loud."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest

from dq_monitor.model.event import BatchCommitted, QuarantineLost, RowsMoved
from dq_monitor.model.storage import Storage
from dq_monitor.model.table import quarantine_of, states_of
from dq_monitor.quarantine.select import Selection
from dq_monitor.reports import Audience, report_of
from dq_monitor.store.memory import MemoryLog
from dq_monitor.tables.delta import AS_IT_COMES, DeltaTables
from dq_monitor.tables.staging import Staging
from tests.power_cut import CutOff, CuttingLog, PowerCut
from tests.quarantine_house import NOW, ROWS, STRICT, TABLE, WIDER, Quarantined, rejecting

ALL = Selection()


class Unguarded(DeltaTables):
    """Tables that let two replay at once; a rival acts as soon as rows are tried again."""

    rival: Callable[[], object] | None = None

    def lease(self, write_id: str) -> AbstractContextManager[None]:
        return nullcontext() if write_id == quarantine_of(TABLE) else super().lease(write_id)

    def staging(self, table: str, write_id: str, storage: Storage = AS_IT_COMES) -> Staging:
        if self.rival and write_id.startswith("trial-"):
            rival, self.rival = self.rival, None
            rival()
        return super().staging(table, write_id, storage)


def waiting(tmp_path: Path, pack: str = STRICT) -> Quarantined:
    """Return a house with refused rows of which wider rules let one go."""
    house = Quarantined(tmp_path, pack)
    house.write(ROWS)
    house.use(WIDER)
    return house


def moves(house: Quarantined) -> list[RowsMoved]:
    return [one.event for one in house.log.read(0) if isinstance(one.event, RowsMoved)]


@pytest.mark.parametrize("kept", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", ["write_started", "write_judged", "rows_moved", "batch_committed"])
@pytest.mark.parametrize("recovers", [False, True], ids=["replayed", "recovered"])
def test_power_may_fail_around_each_fact_of_a_release(
    at: str, tmp_path: Path, *, kept: bool, recovers: bool
) -> None:
    house = waiting(tmp_path)
    cut = Quarantined(tmp_path, WIDER, CuttingLog(house.log, at, kept))
    with pytest.raises(PowerCut):
        cut.releases.replay(TABLE, ALL, now=NOW)
    if recovers:
        house.gate.recover(NOW)
    house.releases.replay(TABLE, ALL, now=NOW)
    assert house.trips() == [1, 2]
    assert house.states()[2, "released"] == ["in_range.miles"]
    assert [(one.to.value, one.held[0].rows) for one in moves(house)] == [("released", 1)]
    house.gate.recover(NOW)
    assert house.log.open_writes() == []


@pytest.mark.parametrize("at", [TABLE, states_of(TABLE)], ids=["table", "marks"])
def test_power_may_fail_before_each_commit_of_a_release(at: str, tmp_path: Path) -> None:
    house = waiting(tmp_path)
    cut = Quarantined(tmp_path, WIDER, house.log)
    tables = CutOff(house.tables.root)
    tables.at = at
    cut.tables = tables
    cut.use(WIDER)
    with pytest.raises(PowerCut):
        cut.releases.replay(TABLE, ALL, now=NOW)
    house.releases.replay(TABLE, ALL, now=NOW)
    assert house.trips() == [1, 2]
    assert (2, "released") in house.states()


def test_the_table_itself_proves_a_release_when_the_store_is_lost(tmp_path: Path) -> None:
    house = waiting(tmp_path)
    tables = CutOff(house.tables.root)
    tables.at = states_of(TABLE)
    house.tables = tables
    house.use(WIDER)
    with pytest.raises(PowerCut):
        house.releases.replay(TABLE, ALL, by="ann", now=NOW)
    lost = Quarantined(tmp_path, WIDER, MemoryLog())
    (told,) = lost.releases.replay(TABLE, ALL, now=NOW)
    assert (told.released, told.still_open) == (0, 3)
    assert lost.trips() == [1, 2]
    assert [(one.of, one.by, one.held[0].rows) for one in moves(lost)] == [("one", "ann", 1)]


def test_two_who_replay_at_once_release_a_row_once_even_without_the_lock(tmp_path: Path) -> None:
    keyless = WIDER.replace("  - unique: trip\n", "")
    house = waiting(tmp_path, keyless)
    rival = Quarantined(tmp_path, keyless, house.log)
    tables = Unguarded(house.tables.root)
    house.tables = rival.tables = tables
    house.use(keyless.replace("min: 0", "min: -9"))
    rival.use(keyless)
    tables.rival = lambda: rival.releases.waive(TABLE, ALL, by="ann", why="all of it", now=NOW)
    told = house.releases.replay(TABLE, ALL, now=NOW)
    assert [(one.released, one.still_open) for one in told] == [(0, 0)]
    assert house.trips() == [None, 1, 2, 3, 4]
    assert {state for _, state in house.states()} == {"waived"}


def test_a_mended_batch_and_its_replay_exclude_each_other(tmp_path: Path) -> None:
    house = waiting(tmp_path, rejecting())
    house.releases.replay(TABLE, ALL, now=NOW)
    assert house.write(ROWS.with_columns(miles=1)).replayed
    assert house.trips() == [1, 2]


@pytest.mark.parametrize("pack", [STRICT, rejecting()], ids=["refused rows", "rejected batch"])
def test_power_may_fail_before_the_marks_of_a_batch_that_came_again(
    pack: str, tmp_path: Path
) -> None:
    house = Quarantined(tmp_path, pack)
    house.write(ROWS)
    tables = CutOff(house.tables.root)
    tables.at = states_of(TABLE)
    cut = Quarantined(tmp_path, WIDER, house.log)
    cut.tables = tables
    cut.use(WIDER)
    if pack == STRICT:
        assert cut.write(ROWS).replayed  # it was committed: nothing comes again
        return
    with pytest.raises(PowerCut):
        cut.write(ROWS)
    house.use(WIDER)
    house.gate.recover(NOW)
    assert house.trips() == [1, 2]
    rows = house.ledger.rows(TABLE)
    assert rows is not None
    assert sorted(rows.collect()["_dq_state"]) == ["open"] * 3 + ["superseded"] * 5


def test_refused_rows_whose_files_went_away_are_told_of_loudly(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    house = Quarantined(tmp_path)
    tables = CutOff(house.tables.root)
    tables.at = quarantine_of(TABLE)
    cut = Quarantined(tmp_path, STRICT, house.log)
    cut.tables = tables
    cut.use(STRICT)
    with pytest.raises(PowerCut):
        cut.write(ROWS)
    next(Path(tables.staging(quarantine_of(TABLE), "one").folder).rglob("*.parquet")).unlink()
    house.gate.recover(NOW)
    facts = [one.event for one in house.log.read(0)]
    (lost,) = [one for one in facts if isinstance(one, QuarantineLost)]
    assert (lost.table, lost.write_id, lost.rows) == (TABLE, "one", 4)
    assert isinstance(facts[-1], BatchCommitted)
    assert facts[-1].quarantine_version is None
    report = report_of(lost, (), Audience())
    assert report is not None
    assert "4 refused rows are lost" in report.problems[0].title
    assert "silver.trips: 4 refused rows of write one are lost" in caplog.text
    assert house.write(ROWS).replayed
    assert house.trips() == [1]


def test_staged_refused_rows_are_found_again_when_only_the_store_is_lost(tmp_path: Path) -> None:
    house = Quarantined(tmp_path)
    tables = CutOff(house.tables.root)
    tables.at = quarantine_of(TABLE)
    house.tables = tables
    house.use(STRICT)
    with pytest.raises(PowerCut):
        house.write(ROWS)
    lost = Quarantined(tmp_path, STRICT, MemoryLog())
    assert lost.write(ROWS).replayed
    assert lost.trips() == [1]
    assert len(lost.states()) == 4
