"""From a fact in the real log to a real HTTP server, over each store, whatever the server does."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dq_monitor.alerts._http import Limits
from dq_monitor.alerts.webhook import Webhook
from dq_monitor.delivery import Courier, Receivers, Tally, open_channels
from dq_monitor.errors import DeliveryFailed
from dq_monitor.followers import INCIDENTS, LINEAGE, follow, incident_plan, lineage_plan
from dq_monitor.model.event import Event, Origin, StepStarted
from dq_monitor.model.incident import IncidentState
from dq_monitor.model.outbox import LineageRow
from dq_monitor.model.verdict import Status
from dq_monitor.reports import Audience, audience
from dq_monitor.settings import ChannelSettings, load_settings
from dq_monitor.store import Store, open_store
from tests.hook_server import RESET, SILENT, Answer, HookServer, hook_server
from tests.incident_house import DAY, START, TABLE, finding, judged

NOW = datetime(2026, 11, 23, 18, tzinfo=UTC)


@dataclass
class Desk:
    """The followers and the courier of one process, over one store."""

    store: Store
    courier: Courier
    told: Audience

    def tell(self, *events: Event) -> None:
        for event in events:
            self.store.log.append(event)
        plan = incident_plan(self.store.log, self.store.incidents, self.told)
        while follow(self.store.log, self.store.cursors, INCIDENTS, plan, NOW):
            pass


def desk(store: Store, receivers: Receivers) -> Desk:
    courier = Courier(store.outbox, receivers, owner="me", rng=random.Random(7))  # noqa: S311 - jitter
    return Desk(store, courier, Audience(dict.fromkeys(receivers.channels, Status.FAIL)))


def hooked(server: HookServer, folder: Path) -> Receivers:
    reference = folder / "url"
    reference.write_text(server.url(), encoding="utf-8")
    settings = ChannelSettings(kind="webhook", url=f"file:{reference}")
    limits = Limits(allow_private=True, timeout=0.3)
    return Receivers({"hook": Webhook(settings, limits=limits)})


MISBEHAVIOUR = {
    "500": Answer(500),
    "429": Answer(429, {"Retry-After": "30"}),
    "no answer": SILENT,
    "reset": RESET,
}


@pytest.mark.parametrize("answer", MISBEHAVIOUR.values(), ids=MISBEHAVIOUR.keys())
def test_a_failure_reaches_the_hook_in_the_end_under_one_id(
    store: Store, tmp_path: Path, answer: Answer
) -> None:
    with hook_server(answer, answer) as server:
        mine = desk(store, hooked(server, tmp_path))
        mine.tell(judged(0, finding("unique", Status.FAIL)))
        tallies = [mine.courier.deliver_due(NOW + timedelta(minutes=10 * n)) for n in range(3)]
        mine.courier.close()
    assert tallies == [Tally(retried=1), Tally(retried=1), Tally(sent=1)]
    assert len({request.headers["webhook-id"] for request in server.requests}) == 1
    content = json.loads(server.requests[-1].body)
    assert content["data"]["title"] == "silver.flights: 1 rule failed, 31 rows quarantined"
    assert store.outbox.next_due() is None


def test_no_request_comes_before_the_time_that_retry_after_gave(
    store: Store, tmp_path: Path
) -> None:
    with hook_server(Answer(429, {"Retry-After": "600"})) as server:
        mine = desk(store, hooked(server, tmp_path))
        mine.tell(judged(0, finding("unique", Status.FAIL)))
        mine.courier.deliver_due(NOW)
        mine.courier.deliver_due(NOW + timedelta(seconds=599))
        assert len(server.requests) == 1
        assert mine.courier.deliver_due(NOW + timedelta(seconds=721)) == Tally(sent=1)
        mine.courier.close()


def test_a_hook_that_is_gone_is_dead_and_can_be_put_back_by_hand(
    store: Store, tmp_path: Path
) -> None:
    with hook_server(Answer(410)) as server:
        mine = desk(store, hooked(server, tmp_path))
        mine.tell(judged(0, finding("unique", Status.FAIL)))
        assert mine.courier.deliver_due(NOW) == Tally(dead=1)
        (dead,) = store.views.deliveries()
        assert dead.state == "dead"
        assert dead.last_error.startswith("127.0.0.1 answered 410")
        store.outbox.requeue(dead.id, NOW)
        assert mine.courier.deliver_due(NOW) == Tally(sent=1)
        mine.courier.close()


def test_a_dead_hook_keeps_no_alert_from_another(store: Store, tmp_path: Path) -> None:
    with hook_server(SILENT) as dead, hook_server() as alive:
        (tmp_path / "alive").mkdir()
        channels = {
            "dead": hooked(dead, tmp_path).channels["hook"],
            "alive": hooked(alive, tmp_path / "alive").channels["hook"],
        }
        mine = desk(store, Receivers(channels))
        mine.tell(judged(0, finding("unique", Status.FAIL)))
        assert mine.courier.deliver_due(NOW, patience=0.1).sent == 1
        assert len(alive.requests) == 1
        mine.courier.close()


def test_the_same_facts_read_twice_are_told_once(store: Store, tmp_path: Path) -> None:
    with hook_server() as server:
        mine = desk(store, hooked(server, tmp_path))
        mine.tell(judged(0, finding("unique", Status.FAIL)))
        mine.courier.deliver_due(NOW)
        plan = incident_plan(store.log, store.incidents, mine.told)
        follow(store.log, store.cursors, "the same under another name", plan, NOW)
        assert mine.courier.deliver_due(NOW + DAY) == Tally()
        mine.courier.close()
    (incident,) = store.incidents.current(TABLE)
    assert incident.times_seen == 1


def test_a_muted_incident_is_silent_until_its_time(store: Store, tmp_path: Path) -> None:
    with hook_server() as server:
        mine = desk(store, hooked(server, tmp_path))
        mine.tell(judged(0, finding("unique", Status.WARN)))
        (incident,) = store.incidents.current(TABLE)
        store.incidents.mute(incident.id, START + 2 * DAY)
        mine.tell(judged(1, finding("unique", Status.FAIL)))
        assert mine.courier.deliver_due(NOW) == Tally()
        mine.tell(judged(2, finding("unique", Status.FAIL)))
        assert mine.courier.deliver_due(NOW) == Tally(sent=1)
        mine.courier.close()
    (incident,) = store.incidents.current(TABLE)
    assert (incident.state, incident.times_seen) == (IncidentState.OPEN, 3)


class Backend:
    """An OpenLineage backend that is down at first and then keeps what it gets."""

    def __init__(self, down: int) -> None:
        self.down = down
        self.kinds: list[object] = []

    def emit(self, event: Mapping[str, object]) -> None:
        if self.down:
            self.down -= 1
            raise DeliveryFailed("backend answered 503")
        self.kinds.append(event["eventType"])


def three_events(event: Event) -> list[LineageRow]:
    return [
        LineageRow("run", kind, "flights", event.at, json.dumps({"eventType": kind}))
        for kind in ("START", "RUNNING", "COMPLETE")
    ]


def test_lineage_of_a_run_arrives_in_order_though_the_backend_was_down(store: Store) -> None:
    backend = Backend(down=2)
    mine = desk(store, Receivers({}, {LINEAGE: backend}))
    store.log.append(StepStarted(Origin(job="flights", run_id="run"), START))
    follow(store.log, store.cursors, LINEAGE, lineage_plan(three_events), NOW)
    for minute in (0, 10, 60):
        mine.courier.deliver_due(NOW + timedelta(minutes=minute))
    mine.courier.close()
    assert backend.kinds == ["START", "RUNNING", "COMPLETE"]


def test_the_settings_alone_make_it_work(
    sqlite_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = load_settings(
        home=tmp_path,
        store_url=sqlite_url,
        channels={"here": ChannelSettings(kind="console")},
        public_url="http://dq.example",
    )
    store = open_store(settings.store)
    mine = desk(store, Receivers(open_channels(settings.channels)))
    mine.told = audience(settings, {})
    mine.tell(judged(0, finding("unique", Status.FAIL)))
    assert mine.courier.deliver_due(NOW) == Tally(sent=1)
    mine.courier.close()
    store.close()
    printed = capsys.readouterr().err.splitlines()
    assert printed[0] == "[fail] silver.flights: 1 rule failed, 31 rows quarantined"
    assert printed[-1] == "  http://dq.example/?table=silver.flights"
