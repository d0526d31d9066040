"""The API over a real store: what it shows, what people do with it, and how it refuses."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection
from starlette.testclient import TestClient

from dq_monitor.model.check import Kind
from dq_monitor.model.event import (
    BatchCommitted,
    Origin,
    TableAudited,
    WriteJudged,
    WriteStarted,
)
from dq_monitor.model.incident import Incident, IncidentState
from dq_monitor.model.metric import Metric
from dq_monitor.model.outbox import Changes
from dq_monitor.model.quarantine import tally
from dq_monitor.model.table import WriteMode
from dq_monitor.model.verdict import Counts, Decision, Finding, Status, Verdict
from dq_monitor.service.access import Access
from dq_monitor.service.api import Backend, build_api
from dq_monitor.service.gauges import StoreGauges
from dq_monitor.service.meters import Meters
from dq_monitor.service.pulse import Pulse
from dq_monitor.store import Store, open_store
from dq_monitor.store.access import APPEND_LOCK, hold_lock

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TABLE = "silver.flights"
FOUND = Finding("in_set.origin", "in_set", Kind.ROW, Status.FAIL, "2 of 10 judged rows fail")
VERDICT = Verdict(
    "v1",
    "w1",
    TABLE,
    TABLE,
    "f" * 64,
    Status.FAIL,
    Decision.COMMIT,
    Counts(10, 8, 2),
    NOW,
    (FOUND,),
)
OPEN = Incident(
    "i1", TABLE, FOUND.rule_id, "", IncidentState.OPEN, Status.FAIL, FOUND.message, NOW, NOW
)
ODD = Metric(TABLE, "row_count", 3.0, NOW, lower=8.0, upper=12.0, flagged=True)


def tell(store: Store) -> Store:
    """Let the store know of one write, its failure and its incident."""
    origin = Origin(job="silver_flights", run_id="00000000-0000-0000-0000-000000000001")
    log = store.log
    log.append(
        WriteStarted("w1", TABLE, WriteMode.APPEND, TABLE, "f" * 64, "stage-w1", NOW, origin)
    )
    held = tally(2, {FOUND.rule_id: 2})
    log.append(WriteJudged("w1", TABLE, NOW, VERDICT, origin, (ODD,), held=held))
    log.append(BatchCommitted("w1", TABLE, 1, NOW, quarantine_version=1))
    store.cursors.advance("incidents", 2, Changes(incidents=(OPEN,)))
    return store


def backend_of(store: Store) -> Backend:
    meters = Meters()
    gauges = StoreGauges(store.engine, store.views, ("incidents", "lineage"))
    return Backend(
        views=store.views,
        incidents=store.incidents,
        metrics=lambda: meters.text([gauges]),
        answers=lambda: True,
        leads=lambda: True,
        clock=lambda: NOW,
    )


@pytest.fixture
def told(store: Store) -> Store:
    """A store with something in it, on each database."""
    return tell(store)


@pytest.fixture
def client(told: Store) -> TestClient:
    return TestClient(build_api(backend_of(told)), raise_server_exceptions=False)


@pytest.fixture
def quick(sqlite_url: str) -> Iterator[Backend]:
    """The same on one database, for what no database has a say in."""
    store = open_store(sqlite_url)
    yield backend_of(tell(store))
    store.close()


@pytest.fixture
def door(quick: Backend) -> TestClient:
    return TestClient(build_api(quick), raise_server_exceptions=False)


def test_health_says_who_leads(client: TestClient) -> None:
    body = client.get("/health").json()
    assert (body["status"], body["store"], body["leader"]) == ("ok", "up", True)


def test_a_store_that_is_down_is_alive_but_not_ready(told: Store) -> None:
    backend = replace(backend_of(told), answers=lambda: False)
    client = TestClient(build_api(backend))
    health = client.get("/health").json()
    assert (health["status"], health["store"]) == ("degraded", "down")
    assert client.get("/ready").status_code == 503


def hold(store: Store) -> Connection:
    """Return a connection that keeps everyone from writing until it is closed."""
    connection = store.engine.connect()
    connection.begin()
    hold_lock(connection, APPEND_LOCK)
    return connection


def test_a_store_that_another_process_holds_is_told_as_locked(told: Store, store_url: str) -> None:
    pulse = Pulse(store_url, timedelta(milliseconds=50))
    client = TestClient(build_api(replace(backend_of(told), answers=pulse.answers)))
    with hold(told):
        health = client.get("/health").json()
        ready = client.get("/ready")
    assert (health["status"], health["store"]) == ("degraded", "locked")
    assert ready.status_code == 503
    assert ready.json()["detail"] == "another process holds the store"
    assert int(ready.headers["Retry-After"]) > 0
    assert client.get("/health").json()["store"] == "up"
    assert client.get("/ready").json() == {"status": "ready"}
    pulse.close()


def test_a_change_that_meets_a_locked_store_is_asked_again_later(sqlite_url: str) -> None:
    told = tell(open_store(sqlite_url, busy_timeout=timedelta(milliseconds=50)))
    client = TestClient(build_api(backend_of(told)))
    with hold(told):
        refused = client.post("/incidents/i1/resolve")
        shown = client.get("/incidents")
    assert (refused.status_code, shown.status_code) == (503, 200)
    assert refused.headers["content-type"] == "application/problem+json"
    assert int(refused.headers["Retry-After"]) > 0
    assert client.post("/incidents/i1/resolve").status_code == 200
    told.close()


def test_tables_and_one_table(client: TestClient) -> None:
    (row,) = client.get("/tables").json()
    assert (row["table"], row["layer"], row["totals"]["quarantined"]) == (TABLE, "silver", 2)
    detail = client.get(f"/tables/{TABLE}").json()
    assert detail["table"] == row
    assert [rule["rule_id"] for rule in detail["rules"]] == ["in_set.origin"]
    assert [write["write_id"] for write in detail["writes"]] == ["w1"]


def test_failures_flagged_and_graph(client: TestClient) -> None:
    (failure,) = client.get("/failures", params={"table": TABLE}).json()
    assert failure["finding"]["rule_id"] == "in_set.origin"
    assert client.get("/failures", params={"table": "gold.none"}).json() == []
    assert [metric["name"] for metric in client.get("/flagged").json()] == ["row_count"]
    assert client.get("/graph").json().keys() == {"nodes", "edges"}


def test_an_unknown_table_is_a_problem_that_suggests_the_nearest(client: TestClient) -> None:
    answer = client.get("/tables/silver.flihgts")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert "did you mean 'silver.flights'?" in answer.json()["detail"]


def test_people_acknowledge_mute_and_resolve_an_incident(client: TestClient) -> None:
    acknowledged = client.post("/incidents/i1/acknowledge", json={"by": "ana"})
    assert acknowledged.json()["state"] == "acknowledged"
    muted = client.post("/incidents/i1/mute", json={"until": "2026-11-24T00:00:00Z"})
    assert muted.json()["state"] == "muted"
    assert client.post("/incidents/i1/resolve").json()["state"] == "resolved"
    assert client.get("/incidents").json() == []
    assert len(client.get("/incidents", params={"open_only": "false"}).json()) == 1


def test_metrics_are_prometheus_text(client: TestClient) -> None:
    text = client.get("/metrics").text
    assert 'dqm_tables{status="fail"} 1.0' in text
    assert 'dqm_incidents{severity="fail"} 1.0' in text
    assert 'dqm_outbox{state="pending"} 0.0' in text
    for rule in ("", FOUND.rule_id):
        held = f'dqm_quarantine_rows{{rule="{rule}",state="open",table="{TABLE}"}} 2.0'
        assert held in text
    assert 'dqm_follower_lag{follower="incidents"} 1.0' in text
    assert 'dqm_follower_lag{follower="lineage"} 3.0' in text


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        pytest.param("POST", "/incidents/nope/resolve", None, 404, id="unknown_incident"),
        pytest.param("POST", "/incidents/i1/acknowledge", "{}", 422, id="missing_field"),
        pytest.param("POST", "/incidents/i1/acknowledge", '{"by":""}', 422, id="empty_field"),
        pytest.param("POST", "/incidents/i1/acknowledge", "[" * 60_000, 400, id="deep_json"),
        pytest.param("POST", "/incidents/i1/acknowledge", '{"by":"a","x":1}', 422, id="extra"),
        pytest.param("POST", "/incidents/i1/mute", '{"until":"now"}', 422, id="no_time"),
        pytest.param(
            "POST", "/incidents/i1/mute", '{"until":"2026-01-01T00:00"}', 422, id="naive_time"
        ),
        pytest.param("GET", "/failures?limit=0", None, 422, id="limit_too_small"),
        pytest.param("GET", "/failures?limit=x", None, 422, id="limit_no_number"),
        pytest.param("DELETE", "/incidents", None, 405, id="wrong_method"),
        pytest.param("GET", "/nothing", None, 404, id="unknown_path"),
        pytest.param("GET", "/docs", None, 404, id="no_pages_from_elsewhere"),
    ],
)
def test_wrong_requests_are_refused_as_problems(
    door: TestClient, method: str, path: str, body: str | None, status: int
) -> None:
    headers = {"content-type": "application/json"}
    answer = door.request(method, path, content=body, headers=headers)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_beyond_the_limit_is_refused(door: TestClient, *, chunked: bool) -> None:
    body = iter([b"x" * 40_000] * 3) if chunked else b"x" * 120_000
    answer = door.post("/incidents/i1/acknowledge", content=body)
    assert answer.status_code == 413


def test_what_was_sent_is_not_sent_back(door: TestClient) -> None:
    answer = door.post("/incidents/i1/mute", json={"until": "hunter2-secret"})
    assert "hunter2" not in answer.text


def test_a_broken_store_is_a_problem_without_its_inside(told: Store) -> None:
    client = TestClient(build_api(backend_of(told)), raise_server_exceptions=False)
    with told.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE incidents")
    answer = client.get("/incidents")
    assert answer.status_code in {500, 503}
    assert "select" not in answer.text.lower()


def test_names_with_quotes_and_nul_come_back_as_they_are_or_are_refused(
    client: TestClient,
) -> None:
    for name in ["'; DROP TABLE incidents; --", "a" * 300, "🦆", '"x"', "%00", "..%2f..%2fetc"]:
        assert client.get(f"/tables/{name}").status_code == 404
    assert client.get("/incidents").status_code == 200


TOKEN = "a-token-of-enough-length"


@pytest.fixture
def guarded(quick: Backend) -> TestClient:
    return TestClient(Access(build_api(quick), TOKEN))


def test_with_a_token_every_route_asks_for_it(guarded: TestClient, quick: Backend) -> None:
    paths = build_api(quick).openapi()["paths"]
    for path, methods in paths.items():
        for method in methods:
            answer = guarded.request(method, path.replace("{", "").replace("}", ""))
            assert answer.status_code == 401, path
            assert answer.headers["www-authenticate"].startswith("Basic")


def test_bearer_and_basic_let_in(guarded: TestClient) -> None:
    bearer = guarded.get("/tables", headers={"Authorization": f"Bearer {TOKEN}"})
    basic = guarded.get("/tables", auth=("anyone", TOKEN))
    assert (bearer.status_code, basic.status_code) == (200, 200)


@pytest.mark.parametrize(
    "header",
    ["Bearer", "Bearer wrong", "Basic %%%", "Basic d3Jvbmc=", f"Token {TOKEN}", "Bearer ü"],
)
def test_anything_else_stays_out(guarded: TestClient, header: str) -> None:
    answer = guarded.get("/tables", headers={b"Authorization": header.encode()})
    assert answer.status_code == 401


def test_a_page_of_another_origin_may_not_change_anything(quick: Backend) -> None:
    client = TestClient(Access(build_api(quick)))
    foreign = client.post("/incidents/i1/resolve", headers={"Origin": "http://evil.example"})
    own = client.post("/incidents/i1/resolve", headers={"Origin": "http://testserver"})
    assert (foreign.status_code, own.status_code) == (403, 200)


def test_an_audit_alone_makes_a_table_known(told: Store, client: TestClient) -> None:
    late = replace(FOUND, rule_id="freshness", message="late: newest seen_at is 4 d old")
    verdict = replace(VERDICT, id="v2", table="gold.daily", findings=(late,))
    told.log.append(TableAudited("audit:gold", "gold.daily", NOW, verdict, (), "freshness"))
    assert "gold.daily" in {row["table"] for row in client.get("/tables").json()}
