"""Followers: cursors, replays and lineage; once is enough."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from dq_monitor.followers import INCIDENTS, LINEAGE, follow, incident_plan, lineage_plan
from dq_monitor.model.event import (
    BatchCommitted,
    Event,
    Origin,
    StepStarted,
)
from dq_monitor.model.outbox import LineageRow, OutgoingKind
from dq_monitor.model.verdict import Status
from tests.incident_house import DAY, START, TABLE, House, finding, judged, refused

STATUSES = st.sampled_from([Status.PASS, Status.WARN, Status.FAIL, Status.ERROR])
WRITES = st.lists(st.tuples(STATUSES, STATUSES, st.booleans()), max_size=12)


def story(writes: Sequence[tuple[Status, Status, bool]]) -> list[Event]:
    events: list[Event] = []
    for day, (first, second, rejected) in enumerate(writes):
        found = (finding("unique", first), finding("mean", second))
        if rejected:
            events += refused(day, *found, reasons=("no",))
        else:
            events += [
                judged(day, *found),
                BatchCommitted(f"w{day}", TABLE, day, START + day * DAY),
            ]
    return events


@given(WRITES)
def test_reading_the_whole_log_again_queues_nothing_and_ends_the_same(
    writes: Sequence[tuple[Status, Status, bool]],
) -> None:
    house = House()
    house.tell(*story(writes))
    incidents, outgoing = dict(house.store.incidents), dict(house.store.outgoing)
    house.store.places.clear()
    house.catch_up()
    assert house.store.outgoing == outgoing
    assert house.store.incidents == incidents


@given(WRITES, st.integers(min_value=1, max_value=7))
def test_how_the_log_is_cut_into_reads_does_not_matter(
    writes: Sequence[tuple[Status, Status, bool]], limit: int
) -> None:
    whole, cut = House(), House()
    whole.tell(*story(writes))
    for event in story(writes):
        cut.log.append(event)
    plan = incident_plan(cut.log, cut.store, cut.told)
    while follow(cut.log, cut.store, INCIDENTS, plan, START, limit=limit):
        pass
    assert cut.store.incidents == whole.store.incidents
    assert cut.store.outgoing == whole.store.outgoing


def test_events_that_change_nothing_still_move_the_cursor() -> None:
    house = House()
    house.tell(StepStarted(Origin(job="flights", run_id="run"), START))
    assert house.store.places == {INCIDENTS: 1}


def start_and_complete(event: Event) -> Sequence[LineageRow]:
    if not isinstance(event, StepStarted):
        return []
    return [
        LineageRow("run", kind, "flights", event.at, f'{{"eventType": "{kind}"}}')
        for kind in ("START", "COMPLETE")
    ]


def test_lineage_is_kept_and_queued_in_the_order_of_its_run() -> None:
    house = House()
    house.log.append(StepStarted(Origin(job="flights", run_id="run"), START))
    follow(house.log, house.store, LINEAGE, lineage_plan(start_and_complete, "http"), START)
    outgoing = list(house.store.outgoing.values())
    assert [row.event_type for row in house.store.lineage] == ["START", "COMPLETE"]
    assert [one.payload for one in outgoing] == [row.payload for row in house.store.lineage]
    assert {(one.kind, one.channel, one.group) for one in outgoing} == {
        (OutgoingKind.LINEAGE, "http", "run")
    }


def test_without_a_receiver_lineage_is_only_kept() -> None:
    house = House()
    house.log.append(StepStarted(Origin(job="flights", run_id="run"), START))
    follow(house.log, house.store, LINEAGE, lineage_plan(start_and_complete, ""), START)
    assert len(house.store.lineage) == 2
    assert house.store.outgoing == {}
