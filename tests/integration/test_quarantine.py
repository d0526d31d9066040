"""Rows in quarantine: why they are there, and how they leave it, each once."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from dq_monitor.errors import PackMissing
from dq_monitor.model.event import BatchCommitted, RowsMoved, WriteJudged
from dq_monitor.model.pack import QuarantinePolicy
from dq_monitor.model.quarantine import FAULTS, REASONS, ROW, WRITE_ID, HeldRows, RowState
from dq_monitor.model.table import Upsert, Validity, WriteMode, quarantine_of, states_of
from dq_monitor.model.verdict import Decision
from dq_monitor.quarantine.purge import purge, purge_expired
from dq_monitor.quarantine.select import Selection, counts
from tests.quarantine_house import NOW, ROWS, STRICT, TABLE, WIDER, Quarantined, rejecting

ALL = Selection()
PARTED = STRICT.replace("rules:", "partition_by: [carrier]\nrules:")


def test_each_reason_says_rule_column_and_fault_and_no_value(tmp_path: Path) -> None:
    house = Quarantined(tmp_path)
    house.write(ROWS)
    rows = house.tables.scan(quarantine_of(TABLE)).sort(ROW).collect()
    faults = {
        trip: [(one["column"], one["fault"]) for one in found]
        for trip, found in rows.select("trip", FAULTS).iter_rows()
    }
    assert faults == {
        2: [("miles", "too high")],
        3: [("miles", "too low")],
        4: [("miles", "too high"), ("carrier", "not in set")],
        None: [("trip", "null")],
    }
    assert rows[REASONS].to_list() == [
        [one["rule"] for one in found] for found in rows[FAULTS].to_list()
    ]
    assert rows[ROW].to_list() == [0, 1, 2, 3]


def test_a_repeated_key_is_a_duplicate(tmp_path: Path) -> None:
    house = Quarantined(tmp_path)
    house.write(pl.DataFrame({"trip": [7, 7], "miles": [1, -1], "carrier": ["AA", "AA"]}))
    faults = house.tables.scan(quarantine_of(TABLE)).sort("miles").collect()[FAULTS].to_list()
    assert [[(one["rule"], one["fault"]) for one in found] for found in faults] == [
        [("in_range.miles", "too low")],
    ]
    house.write(pl.DataFrame({"trip": [7, 8, 8], "miles": [1] * 3, "carrier": ["AA"] * 3}), "two")
    rows = house.tables.scan(quarantine_of(TABLE)).filter(pl.col(WRITE_ID) == "two").collect()
    assert (
        rows[FAULTS].to_list()
        == [[{"rule": "unique.trip", "column": "trip", "fault": "duplicate"}]] * 3
    )


def test_replay_releases_what_passes_now_and_tells_why_the_rest_does_not(tmp_path: Path) -> None:
    house = Quarantined(tmp_path)
    house.write(ROWS)
    house.use(WIDER.replace("values: [AA, UA]", "values: [AA, UA, ZZ]"))
    (told,) = house.releases.replay(TABLE, ALL, by="ann", now=NOW)
    assert (told.of, told.released, told.still_open, told.cause) == ("one", 1, 3, "")
    assert house.trips() == [1, 2]
    assert house.states() == {
        (2, "released"): ["in_range.miles"],
        (3, "open"): ["in_range.miles"],
        (4, "open"): ["in_range.miles"],
        (None, "open"): ["not_null.trip"],
    }


def test_a_release_says_in_log_and_commit_where_its_rows_came_from(tmp_path: Path) -> None:
    house = Quarantined(tmp_path)
    house.write(ROWS)
    house.use(WIDER)
    (told,) = house.releases.replay(TABLE, ALL, by="ann", now=NOW)
    entry = house.tables.open(TABLE).entry(told.write_id)
    assert entry is not None
    assert (entry["dq.release"], entry["dq.release_of"]) == ("replay", "one")
    assert entry["dq.release_by"] == "ann"
    moves = [one.event for one in house.log.read(0) if isinstance(one.event, RowsMoved)]
    assert moves == [
        RowsMoved(
            told.write_id,
            TABLE,
            "one",
            NOW,
            RowState.RELEASED,
            (HeldRows("", 1), HeldRows("in_range.miles", 1)),
            by="ann",
            version=told.version,
        )
    ]
    judged = [e for e in house.log.write_events(told.write_id) if isinstance(e, WriteJudged)]
    assert judged[0].metrics == ()


def test_replaying_again_releases_nothing_and_commits_nothing(tmp_path: Path) -> None:
    house = Quarantined(tmp_path)
    house.write(ROWS)
    house.use(WIDER)
    house.releases.replay(TABLE, ALL, now=NOW)
    before = [house.tables.version(name) for name in (TABLE, quarantine_of(TABLE))]
    marks = house.tables.version(states_of(TABLE))
    (again,) = house.releases.replay(TABLE, ALL, now=NOW)
    assert (again.released, again.still_open, again.version) == (0, 3, None)
    assert [house.tables.version(name) for name in (TABLE, quarantine_of(TABLE))] == before
    assert house.tables.version(states_of(TABLE)) == marks


def test_a_key_that_has_come_since_keeps_its_row_in_quarantine(tmp_path: Path) -> None:
    house = Quarantined(tmp_path)
    house.write(ROWS)
    house.write(pl.DataFrame({"trip": [2], "miles": [50], "carrier": ["AA"]}), "two")
    house.use(WIDER)
    house.releases.replay(TABLE, ALL, now=NOW)
    assert house.trips() == [1, 2]
    assert house.states()[2, "open"] == ["unique.trip"]


def test_waived_rows_go_in_although_they_fail_and_somebody_answers_for_them(
    tmp_path: Path,
) -> None:
    house = Quarantined(tmp_path)
    house.write(ROWS)
    chosen = Selection(rule="in_range.miles")
    (told,) = house.releases.waive(TABLE, chosen, by="ann", why="the meter is right", now=NOW)
    assert (told.released, told.still_open) == (3, 0)
    assert house.trips() == [1, 2, 3, 4]
    assert set(house.states()) == {(2, "waived"), (3, "waived"), (4, "waived"), (None, "open")}
    moves = [one.event for one in house.log.read(0) if isinstance(one.event, RowsMoved)]
    assert [(one.to, one.by, one.why) for one in moves] == [
        (RowState.WAIVED, "ann", "the meter is right")
    ]


def test_rows_of_a_rule_that_cannot_be_asked_stay_where_they_are(tmp_path: Path) -> None:
    house = Quarantined(tmp_path)
    house.write(ROWS)
    house.use(WIDER + "  - in_range: {column: no_such, min: 1}\n")
    (told,) = house.releases.replay(TABLE, ALL, now=NOW)
    assert told.released == 0
    assert "no_such" in told.cause
    assert house.trips() == [1]
    assert {state for _, state in house.states()} == {"open"}


def test_the_circuit_breaker_holds_the_whole_batch(tmp_path: Path) -> None:
    house = Quarantined(tmp_path, rejecting())
    outcome = house.write(ROWS)
    assert outcome.decision is Decision.REJECT
    assert "more than 10%" in outcome.verdict.reasons[0]
    assert not house.tables.exists(TABLE)
    assert house.states()[1, "open"] == ["batch_rejected"]
    assert len(house.states()) == 5
    calm = Quarantined(tmp_path / "calm", rejecting(share="80%"))
    assert calm.write(ROWS).decision is Decision.COMMIT


def test_a_mended_batch_supersedes_the_rows_of_the_rejected_one(tmp_path: Path) -> None:
    house = Quarantined(tmp_path, rejecting())
    house.write(ROWS)
    house.write(ROWS.with_columns(miles=pl.lit(1)).drop_nulls().head(3))
    assert house.trips() == [1, 2, 3]
    assert {state for _, state in house.states()} == {"superseded"}
    (told,) = [one.event for one in house.log.read(0) if isinstance(one.event, RowsMoved)]
    assert (told.of, told.to, told.held[0]) == ("one", RowState.SUPERSEDED, HeldRows("", 5))
    assert house.releases.replay(TABLE, ALL, now=NOW) == []


def test_a_batch_that_is_rejected_again_is_open_once(tmp_path: Path) -> None:
    house = Quarantined(tmp_path, rejecting())
    house.write(ROWS)
    house.write(ROWS.head(4))
    states = Counter(state for _, state in house.states())
    rows = house.ledger.rows(TABLE)
    assert rows is not None
    by_state = Counter(rows.collect()["_dq_state"])
    assert (by_state["superseded"], by_state["open"]) == (5, 4)
    assert states["open"] == 4


def test_a_rejected_batch_is_replayed_as_a_whole_under_its_own_key(tmp_path: Path) -> None:
    house = Quarantined(tmp_path, rejecting())
    house.write(ROWS)
    house.use(rejecting(share="80%"))
    (told,) = house.releases.replay(TABLE, Selection(rule="not_null.trip"), now=NOW)
    assert (told.released, told.still_open) == (1, 4)
    assert house.trips() == [1]
    rows = house.ledger.rows(TABLE)
    assert rows is not None
    assert Counter(rows.collect()["_dq_state"]) == {"released": 5, "open": 4}
    again = house.write(ROWS)
    assert again.replayed
    assert house.trips() == [1]


def test_a_rejected_batch_is_waived_whole_or_not_at_all(tmp_path: Path) -> None:
    house = Quarantined(tmp_path, rejecting())
    house.write(ROWS)
    some = Selection(rule="in_range.miles")
    (refused,) = house.releases.waive(TABLE, some, by="ann", why="fine", now=NOW)
    assert "waive all its 5 rows or none" in refused.cause
    (told,) = house.releases.waive(TABLE, ALL, by="ann", why="fine", now=NOW)
    assert told.released == 5
    assert house.trips() == [None, 1, 2, 3, 4]
    assert {state for _, state in house.states()} == {"waived"}


def test_rows_of_a_table_that_was_replaced_since_are_not_released(tmp_path: Path) -> None:
    house = Quarantined(tmp_path)
    house.write(ROWS, "one", WriteMode.OVERWRITE)
    fresh = pl.DataFrame({"trip": [9], "miles": [1], "carrier": ["AA"]})
    house.write(fresh, "two", WriteMode.OVERWRITE)
    house.use(WIDER)
    (told,) = house.releases.replay(TABLE, ALL, now=NOW)
    assert "others have replaced" in told.cause
    assert house.trips() == [9]


@pytest.mark.parametrize("first", [WriteMode.APPEND, WriteMode.REPLACE_PARTITIONS])
def test_rows_that_an_overwrite_has_left_behind_are_not_released(
    first: WriteMode, tmp_path: Path
) -> None:
    house = Quarantined(tmp_path, PARTED)
    house.write(ROWS, "one", first)
    house.write(ROWS.head(1), "two", WriteMode.OVERWRITE)
    house.use(PARTED.replace("max: 100", "max: 1000"))
    (told,) = house.releases.replay(TABLE, Selection(), now=NOW)
    assert "others have replaced" in told.cause
    assert house.trips() == [1]


@pytest.mark.parametrize("first", [WriteMode.APPEND, WriteMode.REPLACE_PARTITIONS])
def test_only_rows_of_partitions_that_were_not_replaced_since_are_released(
    first: WriteMode, tmp_path: Path
) -> None:
    house = Quarantined(tmp_path, PARTED)
    late = pl.DataFrame({"trip": [7, 8], "miles": [10, 500], "carrier": ["AA", "UA"]})
    house.write(pl.concat([late, ROWS.filter(pl.col("carrier") == "AA")]), "one", first)
    house.write(late.with_columns(miles=500).tail(1), "another", first)
    again = pl.DataFrame({"trip": [8], "miles": [5], "carrier": ["UA"]})
    house.write(again, "redelivered", WriteMode.REPLACE_PARTITIONS)
    house.use(PARTED.replace("max: 100", "max: 1000").replace("min: 0", "min: -10"))
    told = {one.of: one for one in house.releases.replay(TABLE, Selection(), now=NOW)}
    assert (told["one"].released, told["one"].still_open) == (1, 2)
    assert "others have replaced" in told["another"].cause
    assert house.trips() == [1, 3, 7, 8]


def test_a_rejected_batch_is_not_released_into_partitions_that_were_replaced_since(
    tmp_path: Path,
) -> None:
    house = Quarantined(tmp_path, rejecting(PARTED))
    assert house.write(ROWS, "one").decision is Decision.REJECT
    house.write(ROWS.head(1), "two", WriteMode.REPLACE_PARTITIONS)
    house.use(PARTED)
    (told,) = house.releases.replay(TABLE, Selection(), now=NOW)
    assert "others have replaced" in told.cause
    assert house.trips() == [1]


def test_rows_are_released_again_once_what_replaced_them_is_undone(tmp_path: Path) -> None:
    house = Quarantined(tmp_path, PARTED)
    house.write(ROWS, "one")
    house.write(ROWS.head(1), "two", WriteMode.OVERWRITE)
    there = house.tables.open(TABLE)
    there.handle.restore(there.version - 1)
    house.use(PARTED.replace("max: 100", "max: 1000"))
    (told,) = house.releases.replay(TABLE, Selection(), now=NOW)
    assert told.released == 1
    assert house.trips() == [1, 2]


def test_rows_of_a_dimension_do_not_hinder_those_of_other_writes(tmp_path: Path) -> None:
    house = Quarantined(tmp_path)
    dimension = Upsert(("trip",), history=Validity())
    house.write(ROWS.drop_nulls(), "merged", WriteMode.MERGE, dimension)
    late = {"trip": [7], "miles": [500], "carrier": ["AA"]}
    valid = {"valid_from": [NOW], "valid_to": [None], "is_current": [True]}
    types = {"valid_to": pl.Datetime("us", "UTC")}
    house.write(pl.DataFrame({**late, **valid}, schema_overrides=types), "appended")
    house.use(WIDER)
    told = {one.of: one for one in house.releases.replay(TABLE, Selection(), now=NOW)}
    assert told["merged"].cause.startswith("Rows of a merge are not released from quarantine: they")
    assert told["merged"].cause.endswith("`dqm quarantine purge silver.trips --write merged`")
    assert (told["appended"].released, told["appended"].cause) == (1, "")
    assert house.trips() == [1, 7]


def test_a_column_that_only_another_write_brought_is_not_given_to_the_table(
    tmp_path: Path,
) -> None:
    house = Quarantined(tmp_path)
    house.write(ROWS)
    house.use(rejecting())
    house.write(ROWS.with_columns(tip=pl.lit(1.0)), "wide")
    house.use(WIDER)
    house.releases.replay(TABLE, Selection(write_id="one"), now=NOW)
    assert house.tables.scan(TABLE).collect_schema().names() == ["trip", "miles", "carrier"]


def test_purged_rows_are_counted_and_gone(tmp_path: Path) -> None:
    house = Quarantined(tmp_path)
    house.write(ROWS)
    house.write(ROWS.with_columns(trip=pl.col("trip") + 10), "two")
    house.use(WIDER)
    house.releases.replay(TABLE, Selection(write_id="one"), now=NOW)
    gone = purge(
        house.tables, house.log, TABLE, Selection(write_id="one"), by="ann", why="old", now=NOW
    )
    assert gone == 4
    left = house.tables.scan(quarantine_of(TABLE)).collect()
    assert left[WRITE_ID].unique().to_list() == ["two"]
    last = [one.event for one in house.log.read(0) if isinstance(one.event, RowsMoved)][-1]
    assert (last.of, last.to, last.held[0].rows) == ("one", RowState.PURGED, 3)
    assert house.trips() == [1, 2, 11]


def test_retention_forgets_what_is_older_than_the_pack_keeps(tmp_path: Path) -> None:
    kept = STRICT.replace("rules:", "quarantine: {keep_for: 90d}\nrules:")
    house = Quarantined(tmp_path, kept)
    house.write(ROWS)
    packs = {TABLE: house.pack, "gold.x": replace(house.pack, table="gold.x")}
    packs["gold.kept"] = replace(packs["gold.x"], quarantine=QuarantinePolicy())
    soon, late = NOW + timedelta(days=89), NOW + timedelta(days=91)
    assert purge_expired(house.tables, house.log, packs, soon)[TABLE] == 0
    assert purge_expired(house.tables, house.log, packs, late) == {TABLE: 4, "gold.x": 0}
    assert house.tables.scan(quarantine_of(TABLE)).collect().height == 0
    assert house.releases.replay(TABLE, ALL, now=late) == []


def test_counts_are_of_rows_and_of_rules(tmp_path: Path) -> None:
    house = Quarantined(tmp_path)
    house.write(ROWS)
    rows = house.ledger.rows(TABLE)
    assert rows is not None
    found = {(one.rule, one.state): one.rows for one in counts(TABLE, rows)}
    assert found == {
        ("", RowState.OPEN): 4,
        ("in_range.miles", RowState.OPEN): 3,
        ("in_set.carrier", RowState.OPEN): 1,
        ("not_null.trip", RowState.OPEN): 1,
    }


def test_rows_of_a_version_without_numbers_are_numbered_once_and_released(
    tmp_path: Path,
) -> None:
    house = Quarantined(tmp_path)
    house.write(ROWS)
    path = house.tables.uri(quarantine_of(TABLE))
    old = pl.read_delta(path).drop(ROW, FAULTS)
    old.write_delta(path, mode="overwrite", delta_write_options={"schema_mode": "overwrite"})
    house.use(WIDER)
    (told,) = house.releases.replay(TABLE, ALL, now=NOW)
    assert (told.released, told.still_open) == (1, 3)
    assert house.trips() == [1, 2]
    numbers = house.tables.scan(quarantine_of(TABLE)).collect()[ROW]
    assert sorted(numbers) == [0, 1, 2, 3]


def test_a_table_without_a_pack_or_without_quarantine(tmp_path: Path) -> None:
    house = Quarantined(tmp_path)
    assert house.releases.replay(TABLE, ALL, now=NOW) == []
    with pytest.raises(PackMissing):
        house.releases.replay("gold.unknown", ALL, now=NOW)


def test_a_release_is_a_write_whose_rows_are_found_by_its_id(tmp_path: Path) -> None:
    house = Quarantined(tmp_path)
    house.write(ROWS)
    house.use(WIDER)
    (told,) = house.releases.replay(TABLE, ALL, now=NOW)
    facts = house.log.write_events(told.write_id)
    assert isinstance(facts[-1], BatchCommitted)
    assert house.tables.scan_write(TABLE, told.write_id).collect()["trip"].to_list() == [2]
