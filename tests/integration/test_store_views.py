"""What people see: tables, writes, failures, rules, metrics, lineage."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, event

from dq_monitor.model.incident import Incident, IncidentState
from dq_monitor.model.outbox import Changes
from dq_monitor.model.table import layer_of
from dq_monitor.model.verdict import Counts, Status
from dq_monitor.store import Store, open_store
from dq_monitor.store.views import GraphEdge, TableStatus
from tests.store_events import (
    NOW,
    TABLE,
    abandoned,
    append_all,
    audited,
    committed,
    dataset,
    finding,
    judged,
    later,
    metric,
    origin,
    rejected,
    started,
    step,
    verdict,
    whole_write,
)


def only_table(store: Store) -> TableStatus:
    (table,) = store.views.tables()
    return table


def judge(store: Store, write_id: str, status: Status, version: int = 1) -> None:
    answer = verdict(write_id, finding(status=status), status=status)
    append_all(
        store.log, (started(write_id), judged(write_id, of=answer), committed(write_id, version))
    )


def open_incident(store: Store, severity: Status, state: IncidentState) -> None:
    one = Incident("i", TABLE, "r", "", IncidentState.OPEN, severity, "title", NOW, NOW)
    store.cursors.advance("incidents", 1, Changes(incidents=(replace(one, state=state),)))


def test_a_new_store_shows_nothing_and_breaks_nowhere(store: Store) -> None:
    views = store.views
    lists = (views.tables, views.writes, views.failures, views.flagged)
    assert [list(ask()) for ask in (*lists, views.incidents, views.deliveries)] == [[]] * 6
    assert list(views.rules(TABLE)) == []
    assert list(views.metric_names(TABLE)) == []
    assert list(views.metric(TABLE, "row_count")) == []
    assert (views.graph().nodes, views.graph().edges) == ((), ())


def test_tables_come_by_layer_and_name(store: Store) -> None:
    names = ["gold.routes", "silver.weather", "bare", "silver.flights", "bronze.weather"]
    for name in names:
        store.log.append(started(f"write of {name}", name))
    assert [(one.layer, one.table) for one in store.views.tables()] == [
        (layer_of(name), name)
        for name in ("bronze.weather", "silver.flights", "silver.weather", "gold.routes", "bare")
    ]


def test_a_table_shows_its_last_commit_and_its_totals(store: Store) -> None:
    for number in (1, 2):
        more = {"counts": Counts(100, 90, 7, 3), "status": Status.WARN, "at": later(number)}
        answer = verdict(f"w{number}", finding("a"), finding("b"), finding("b"), **more)  # type: ignore[arg-type]  # as in `more`
        append_all(
            store.log,
            (
                started(f"w{number}"),
                judged(f"w{number}", of=answer),
                committed(f"w{number}", version=number, at=later(number)),
            ),
        )
    append_all(store.log, (started("open"), judged("open"), started("gone"), abandoned("gone")))
    assert only_table(store) == TableStatus(
        table=TABLE,
        layer="silver",
        status=Status.WARN,
        pack=TABLE,
        rules=1,
        last_write_at=later(2),
        version=2,
        writes=2,
        rejected=0,
        totals=Counts(200, 180, 14, 6),
        open_incidents=0,
    )


@pytest.mark.parametrize(
    ("quarantine", "expected"),
    [(4, Counts(10, 0, 9, 1)), (None, Counts(10, 0, 1, 9))],
    ids=["kept in quarantine", "thrown away"],
)
def test_a_rejected_write_keeps_nothing_and_fails_its_table(
    store: Store, quarantine: int | None, expected: Counts
) -> None:
    append_all(store.log, whole_write("w1"))
    append_all(
        store.log, (started("w2"), judged("w2"), rejected("w2", quarantine_version=quarantine))
    )
    table = only_table(store)
    assert (table.status, table.writes, table.rejected) == (Status.FAIL, 2, 1)
    assert (table.version, table.last_write_at) == (1, NOW)
    assert table.totals.rows_in == 20
    refused = store.views.writes(limit=1)[0]
    assert (refused.outcome, refused.counts) == ("rejected", expected)
    assert refused.reasons == ("row_count is 0, below 1",)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    parts=st.lists(st.integers(0, 1000), min_size=3, max_size=3),
    fate=st.sampled_from(["committed", "rejected", "quarantined"]),
)
def test_rows_are_never_lost_in_the_totals(store: Store, parts: list[int], fate: str) -> None:
    name = f"w{len(store.log.read(0, 10_000))}"
    counts = Counts(sum(parts), *parts)
    append_all(store.log, (started(name), judged(name, of=verdict(name, counts=counts))))
    version = 1 if fate == "quarantined" else None
    store.log.append(
        committed(name) if fate == "committed" else rejected(name, quarantine_version=version)
    )
    totals = only_table(store).totals
    assert totals.kept + totals.quarantined + totals.dropped == totals.rows_in


def test_the_latest_settled_write_speaks_for_the_table(store: Store) -> None:
    judge(store, "w1", Status.WARN)
    judge(store, "w2", Status.PASS, version=2)
    append_all(store.log, (started("w3"), judged("w3", of=verdict("w3", status=Status.FAIL))))
    assert only_table(store).status is Status.PASS


def test_a_full_audit_speaks_until_the_next_write(store: Store) -> None:
    judge(store, "w1", Status.PASS)
    store.log.append(audited("a1", verdict("a1", finding(), status=Status.FAIL), "full"))
    assert only_table(store).status is Status.FAIL
    judge(store, "w2", Status.PASS)
    assert only_table(store).status is Status.PASS


def test_freshness_is_that_of_the_latest_audit(store: Store) -> None:
    judge(store, "w1", Status.PASS)
    assert only_table(store).freshness is Status.NOT_EVALUATED
    for name, status in (("a1", Status.FAIL), ("a2", Status.WARN)):
        store.log.append(audited(name, verdict(name, status=status), "freshness"))
    assert only_table(store).freshness is Status.WARN
    assert only_table(store).status is Status.PASS


@pytest.mark.parametrize(
    ("severity", "state", "expected", "counted"),
    [
        (Status.FAIL, IncidentState.OPEN, Status.FAIL, 1),
        (Status.ERROR, IncidentState.ACKNOWLEDGED, Status.ERROR, 1),
        (Status.FAIL, IncidentState.MUTED, Status.WARN, 1),
        (Status.FAIL, IncidentState.RESOLVED, Status.WARN, 0),
    ],
)
def test_incidents_speak_unless_muted_or_resolved(
    store: Store, severity: Status, state: IncidentState, expected: Status, counted: int
) -> None:
    judge(store, "w1", Status.WARN)
    open_incident(store, severity, state)
    table = only_table(store)
    assert (table.status, table.open_incidents) == (expected, counted)


def test_a_table_that_was_only_audited_is_known(store: Store) -> None:
    store.log.append(audited("a1", verdict("a1", finding(), status=Status.WARN), "full"))
    table = only_table(store)
    assert (table.status, table.writes, table.version) == (Status.WARN, 0, None)


def test_writes_are_newest_first_with_their_outcome(store: Store) -> None:
    append_all(store.log, whole_write("w1"))
    append_all(store.log, (started("w2"), abandoned("w2"), started("w3", "gold.routes")))
    assert [(one.write_id, one.outcome, one.status) for one in store.views.writes()] == [
        ("w3", "open", None),
        ("w2", "abandoned", None),
        ("w1", "committed", Status.PASS),
    ]
    first = store.views.writes(TABLE)[-1]
    assert (first.mode, first.day, first.version) == ("append", date(2013, 2, 8), 1)
    assert first.counts == Counts(10, 8, 1, 1)
    assert [one.write_id for one in store.views.writes(limit=1)] == ["w3"]


def test_failures_are_the_findings_that_did_not_pass_newest_first(store: Store) -> None:
    bad = finding(
        "in_set.origin",
        Status.WARN,
        columns=("origin",),
        failing=3,
        passing=7,
        value=0.3,
        batch_value=0.25,
        score=-4.5,
        lower=0.0,
        upper=0.1,
        expected="over 0",
        segment="EWR",
    )
    for number, name in enumerate(("w1", "w2")):
        answer = verdict(name, finding("ok"), bad, finding("no", Status.NOT_EVALUATED))
        store.log.append(judged(name, of=replace(answer, judged_at=later(number))))
    broken = verdict("a1", finding("regex.tailnum", Status.ERROR), table="gold.routes")
    store.log.append(audited("a1", broken, "full"))
    newest, second, first = store.views.failures()
    assert (newest.table, newest.write_id, newest.day) == ("gold.routes", "a1", None)
    assert newest.finding == broken.findings[0]
    assert (second.write_id, first.write_id) == ("w2", "w1")
    assert (second.finding, second.at, second.day) == (bad, later(1), date(2013, 2, 8))
    assert [one.write_id for one in store.views.failures(TABLE, limit=1)] == ["w2"]


def test_rules_show_their_latest_answer_and_their_totals(store: Store) -> None:
    first = (finding("a", Status.FAIL, failing=5), finding("removed", failing=1))
    second = (
        finding("a", Status.PASS, failing=2, value=1.5, columns=("x",), expected="over 3"),
        finding("b", Status.WARN, failing=4, segment="EWR"),
        finding("b", Status.PASS, failing=0, segment="JFK"),
        finding("c", Status.NOT_EVALUATED),
    )
    for name, findings in (("w1", first), ("w2", second)):
        append_all(
            store.log,
            (started(name), judged(name, of=verdict(name, *findings)), committed(name)),
        )
    unsettled = verdict("w3", finding("a", Status.FAIL, failing=100))
    append_all(store.log, (started("w3"), judged("w3", of=unsettled), abandoned("w3")))
    store.log.append(audited("a1", verdict("a1", *second), "full"))
    store.log.append(audited("a2", verdict("a2", finding("freshness", Status.FAIL)), "freshness"))
    rules = store.views.rules(TABLE)
    assert [(one.rule_id, one.status, one.failing_total, one.evaluated) for one in rules] == [
        ("freshness", Status.FAIL, 0, 0),
        ("b", Status.WARN, 4, 1),
        ("a", Status.PASS, 7, 2),
        ("c", Status.NOT_EVALUATED, 0, 0),
    ]
    assert (rules[2].last_value, rules[2].columns, rules[2].expected) == (1.5, ("x",), "over 3")
    assert [(one.segments, one.tripped, one.segment) for one in rules[1:3]] == [
        (2, 1, "EWR"),
        (0, 0, ""),
    ]


def test_metrics_have_names_a_history_and_flags(store: Store) -> None:
    for day in range(4):
        store.log.append(
            judged(
                f"w{day}",
                metric(float(day), at=later(day), day=date(2013, 2, 1 + day)),
                metric(0.9, "share_of.cancelled", at=later(day), flagged=day in {1, 2}),
            )
        )
    assert store.views.metric_names(TABLE) == ["row_count", "share_of.cancelled"]
    assert [one.value for one in store.views.metric(TABLE, "row_count", limit=3)] == [1, 2, 3]
    assert store.views.metric(TABLE, "row_count")[3] == metric(
        3.0, at=later(3), day=date(2013, 2, 4)
    )
    flagged = store.views.flagged()
    assert [(one.name, one.at) for one in flagged] == [
        ("share_of.cancelled", later(1)),
        ("share_of.cancelled", later(2)),
    ]


def test_a_metric_knows_its_segments(store: Store) -> None:
    for segment in ("JFK", "EWR", ""):
        store.log.append(judged(f"w{segment}", metric(1.0, "mean", segment=segment), metric(2.0)))
    assert store.views.segments(TABLE, "mean") == ["", "EWR", "JFK"]
    assert store.views.segments(TABLE, "row_count") == [""]
    assert store.views.segments(TABLE, "nothing") == []
    assert [one.value for one in store.views.metric(TABLE, "mean", "JFK")] == [1.0]


def test_the_graph_links_datasets_by_the_steps_that_ran(store: Store) -> None:
    source = replace(dataset("flights.csv"), format="csv")
    bronze = step("bronze.flights", run_id="1")
    bronze = replace(bronze, origin=replace(bronze.origin, inputs=(source,)))
    foreign = step(TABLE, "bronze.flights", "lake.foreign", run_id="2")
    append_all(store.log, (bronze, foreign, replace(foreign, origin=origin(TABLE))))
    judge(store, "w1", Status.WARN)
    graph = store.views.graph()
    nodes = {one.label: one for one in graph.nodes}
    assert {label: (one.table, one.layer, one.status) for label, one in nodes.items()} == {
        "flights.csv": ("", "", Status.NOT_EVALUATED),
        "bronze.flights": ("bronze.flights", "bronze", Status.NOT_EVALUATED),
        TABLE: (TABLE, "silver", Status.WARN),
        "lake.foreign": ("", "", Status.NOT_EVALUATED),
    }
    ends = {(one.source, one.target): one.job for one in graph.edges}
    assert ends == {
        (nodes["flights.csv"].id, nodes["bronze.flights"].id): "make bronze.flights",
        (nodes["bronze.flights"].id, nodes[TABLE].id): f"make {TABLE}",
        (nodes["lake.foreign"].id, nodes[TABLE].id): f"make {TABLE}",
    }
    assert all(isinstance(one, GraphEdge) for one in graph.edges)


@contextmanager
def statements(engine: Engine) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("SELECT"):
            seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


def test_the_number_of_queries_does_not_grow_with_the_tables(store: Store) -> None:
    for number in range(12):
        append_all(store.log, whole_write(f"w{number}", f"silver.t{number}"))
        store.log.append(step(f"silver.t{number}", "bronze.flights"))
    with statements(store.engine) as seen:
        store.views.tables()
        store.views.graph()
        store.views.writes()
        store.views.failures()
        store.views.rules("silver.t1")
    assert len(seen) == 2 + 4 + 1 + 1 + 3


def test_every_list_of_the_dashboard_is_read_from_an_index(sqlite_url: str) -> None:
    # on SQLite, as PostgreSQL reads a small table whole, and should
    store = open_store(sqlite_url)
    append_all(store.log, whole_write("w1"))
    with statements(store.engine) as seen:
        store.views.writes()
        store.views.writes(TABLE)
        store.views.failures()
        store.views.failures(TABLE)
        store.views.rules(TABLE)
        store.views.metric_names(TABLE)
        store.views.metric(TABLE, "row_count")
        store.views.flagged()
        store.views.incidents()
        store.views.deliveries()
        store.log.open_writes()
        store.log.write_events("w1")
        store.history.before(TABLE, "row_count", "", NOW, 10)
        store.outbox.next_due()
        store.incidents.current(TABLE)
    with store.engine.connect() as connection:
        for statement in seen:
            marks = (None,) * statement.count("?")
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", marks)
            scans = [row.detail for row in plan if row.detail.startswith("SCAN")]
            assert [one for one in scans if "USING" not in one and "CONSTANT" not in one] == []
    store.close()
