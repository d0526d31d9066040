"""Every event log and metric history keeps the same promises: memory, SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings

from dq_monitor.model.care import Done, Upkeep
from dq_monitor.model.event import (
    Event,
    QuarantineLost,
    Recorded,
    ResultsImported,
    RollbackStarted,
    RowsMoved,
    StepBroke,
    TableMaintained,
    TableRolledBack,
)
from dq_monitor.model.quarantine import HeldRows, RowState
from dq_monitor.model.rollback import Change, Rollback
from dq_monitor.model.verdict import Status
from dq_monitor.ports import EventLog, MetricHistory
from dq_monitor.store import open_store
from dq_monitor.store.memory import MemoryHistory, MemoryLog
from tests.store_events import (
    HOSTILE,
    NOW,
    TABLE,
    abandoned,
    any_event,
    append_all,
    audited,
    committed,
    finding,
    judged,
    later,
    metric,
    origin,
    rejected,
    started,
    step,
    verdict,
)


@dataclass(frozen=True)
class Plugs:
    log: EventLog
    history: MetricHistory


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def plugs(request: pytest.FixtureRequest) -> Iterator[Plugs]:
    if request.param == "memory":
        log = MemoryLog()
        yield Plugs(log, MemoryHistory(log))
        return
    store = open_store(request.getfixturevalue(f"{request.param}_url"))
    yield Plugs(store.log, store.history)
    store.close()


@settings(
    max_examples=40,
    deadline=None,
    # the log only grows, and each example looks at its own event alone
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(event=any_event())
def test_an_event_comes_back_as_it_went_in(plugs: Plugs, event: Event) -> None:
    known = {one.seq for one in plugs.log.read(after=0, limit=10_000)}
    place = plugs.log.append(event)
    (recorded,) = plugs.log.read(after=place - 1, limit=1)
    assert recorded.seq == place
    assert place in known or recorded.event == event


EVERY_TYPE: tuple[Event, ...] = (
    step(TABLE, "bronze.flights"),
    StepBroke(origin("gold.routes"), "gold.routes", NOW, "carriers.csv is cut off"),
    started(),
    judged("w1", metric(), metric(0.5, "share_of.cancelled", lower=0.0, upper=0.4, flagged=True)),
    committed(),
    rejected("w2", quarantine_version=3, recovered=True),
    abandoned("w3"),
    audited("a1", verdict("a1", finding(status=Status.WARN)), "freshness"),
    ResultsImported("i1", TABLE, NOW, "dbt", (metric(3, "imported.dbt.not_null"),)),
    RollbackStarted("r1", TABLE, NOW, Rollback(TABLE, 3, 1, (Change(3, "w1"), Change(2)))),
    TableRolledBack("r1", TABLE, 4, NOW, Rollback(TABLE, 3, 1, by="ada", reason="wrong unit")),
    TableMaintained(
        "c1", TABLE, NOW, (Done(Upkeep.COMPACT, 9, 900, 1, 700, 4),), (metric(1, "care.files"),)
    ),
    RowsMoved("m1", TABLE, "w1", NOW, RowState.WAIVED, (HeldRows("", 1),), by="ann", why="fine"),
    QuarantineLost("w1", TABLE, 3, NOW),
)


def test_every_type_of_event_round_trips_in_order(plugs: Plugs) -> None:
    places = append_all(plugs.log, EVERY_TYPE)
    assert plugs.log.read(after=0) == [
        Recorded(place, event) for place, event in zip(places, EVERY_TYPE, strict=True)
    ]
    assert places == sorted(set(places))


def test_reading_goes_on_after_a_place_and_stops_at_the_limit(plugs: Plugs) -> None:
    places = append_all(plugs.log, EVERY_TYPE)
    assert [one.seq for one in plugs.log.read(after=places[1], limit=2)] == places[2:4]
    assert plugs.log.read(after=places[-1]) == []


def test_the_same_fact_twice_is_recorded_once(plugs: Plugs) -> None:
    first = append_all(plugs.log, EVERY_TYPE)
    assert append_all(plugs.log, EVERY_TYPE) == first
    assert len(plugs.log.read(after=0)) == len(EVERY_TYPE)
    assert len(plugs.history.before(TABLE, "row_count", "", later(1), 10)) == 1


def test_facts_about_one_write_are_found_by_its_id_alone(plugs: Plugs) -> None:
    append_all(plugs.log, (started("w1"), started("w2"), judged("w1"), committed("w1")))
    assert plugs.log.write_events("w1") == [started("w1"), judged("w1"), committed("w1")]
    assert plugs.log.write_events("unheard of") == []


def test_a_step_run_that_bears_a_write_id_is_no_part_of_the_write(plugs: Plugs) -> None:
    append_all(plugs.log, (step(TABLE, run_id="w1"), started("w1")))
    assert plugs.log.write_events("w1") == [started("w1")]


def test_steps_without_a_run_id_are_all_recorded(plugs: Plugs) -> None:
    nameless = replace(step(TABLE), origin=replace(origin(), run_id=""))
    assert len({plugs.log.append(nameless), plugs.log.append(nameless)}) == 2


def test_a_write_is_open_until_it_has_an_outcome(plugs: Plugs) -> None:
    append_all(plugs.log, [started(f"w{n}") for n in range(4)])
    append_all(plugs.log, (judged("w1"), committed("w1"), rejected("w2"), abandoned("w3")))
    assert plugs.log.open_writes() == ["w0"]


def test_an_abandoned_batch_can_be_sent_again_and_is_told_of_anew(plugs: Plugs) -> None:
    again = started("w1", at=later(5))
    append_all(plugs.log, (started("w1"), abandoned("w1"), abandoned("w1"), again))
    assert plugs.log.open_writes() == ["w1"]
    append_all(plugs.log, (again, judged("w1"), committed("w1"), committed("w1")))
    assert plugs.log.write_events("w1") == [
        started("w1"),
        abandoned("w1"),
        again,
        judged("w1"),
        committed("w1"),
    ]
    assert plugs.log.open_writes() == []


def test_a_write_that_was_given_up_and_yet_lives_is_owned_again(plugs: Plugs) -> None:
    append_all(plugs.log, (started("w1"), abandoned("w1"), judged("w1")))
    assert plugs.log.open_writes() == ["w1"]


def test_an_outcome_that_is_known_before_its_start_stands(plugs: Plugs) -> None:
    append_all(plugs.log, (committed("w1"), started("w1"), judged("w1")))
    assert plugs.log.open_writes() == []


@pytest.mark.parametrize("name", HOSTILE, ids=["sql", "quotes", "emoji", "long", "long emoji"])
def test_names_of_any_kind_come_back_unharmed(plugs: Plugs, name: str) -> None:
    events: tuple[Event, ...] = (
        started(name, name),
        judged(name, metric(7.0, name, table=name, segment=name), of=verdict(name, table=name)),
        step(name, f"bronze {name}", run_id=name),
    )
    append_all(plugs.log, events)
    assert plugs.log.write_events(name) == list(events[:2])
    assert plugs.log.open_writes() == [name]
    (found,) = plugs.history.before(name, name, name, later(1), 5)
    assert (found.table, found.name, found.segment, found.value) == (name, name, name, 7.0)


def test_nul_and_lone_surrogates_break_no_database(plugs: Plugs) -> None:
    odd = judged("w1", metric(1.0, "me\x00tric"), of=verdict("w1", finding(rule="not\x00null")))
    broken = StepBroke(origin(), TABLE, NOW, "file caf\udce9.csv is missing")
    append_all(plugs.log, (odd, broken))
    assert plugs.log.write_events("w1") == [odd]
    assert len(plugs.log.read(after=0)) == 2


def test_an_event_without_a_timezone_is_refused(plugs: Plugs) -> None:
    with pytest.raises(ValueError, match="no timezone"):
        plugs.log.append(started(at=NOW.replace(tzinfo=None)))
    assert plugs.log.read(after=0) == []


def test_history_is_the_last_measurements_strictly_before_oldest_first(plugs: Plugs) -> None:
    for day in range(6):
        measured = metric(float(day), at=later(day), flagged=day == 3)
        plugs.log.append(judged(f"w{day}", measured))
    found = plugs.history.before(TABLE, "row_count", "", later(5), 3)
    assert [one.value for one in found] == [2.0, 3.0, 4.0]
    assert [one.flagged for one in found] == [False, True, False]
    assert plugs.history.before(TABLE, "row_count", "", NOW, 3) == []
    assert plugs.history.before(TABLE, "row_count", "", later(9), 0) == []


def test_history_leaves_out_what_a_rollback_undid_until_it_is_back(plugs: Plugs) -> None:
    for day in range(3):
        plugs.log.append(judged(f"w{day}", metric(float(day), at=later(day))))
    undone = Rollback(TABLE, 3, 1, (Change(3, "w2"), Change(2, "w1")))
    plugs.log.append(RollbackStarted("r1", TABLE, later(3), undone))
    assert plugs.log.open_writes() == ["w0", "w1", "w2", "r1"]
    plugs.log.append(TableRolledBack("r1", TABLE, 4, later(3), undone))
    assert plugs.log.open_writes() == ["w0", "w1", "w2"]
    found = plugs.history.before(TABLE, "row_count", "", later(9), 9)
    assert [one.value for one in found] == [0.0]
    redone = Rollback(TABLE, 4, 2, redone=(Change(2, "w1"),))
    plugs.log.append(TableRolledBack("r2", TABLE, 5, later(4), redone))
    found = plugs.history.before(TABLE, "row_count", "", later(9), 9)
    assert [one.value for one in found] == [0.0, 1.0]


def test_history_keeps_tables_metrics_and_segments_apart(plugs: Plugs) -> None:
    elsewhere = replace(metric(), table="gold.routes")
    other = metric(name="mean.dep_delay")
    plugs.log.append(judged("w1", metric(), elsewhere, other, metric(segment="EWR")))
    found = plugs.history.before(TABLE, "row_count", "EWR", later(1), 10)
    assert found == [metric(segment="EWR")]


@pytest.mark.parametrize("value", [float("nan"), float("inf")], ids=["nan", "infinity"])
def test_what_is_no_number_is_no_measurement(plugs: Plugs, value: float) -> None:
    plugs.log.append(judged("w1", metric(value), metric(2.0, lower=value, at=NOW)))
    (found,) = plugs.history.before(TABLE, "row_count", "", later(1), 10)
    assert found.value == 2.0


def test_a_measurement_keeps_its_instant_whatever_the_zone(plugs: Plugs) -> None:
    elsewhere = datetime.fromisoformat("2013-02-09T05:00:00.123456+05:30")
    plugs.log.append(judged("w1", metric(at=elsewhere)))
    (found,) = plugs.history.before(TABLE, "row_count", "", later(60), 10)
    assert found.at == elsewhere
