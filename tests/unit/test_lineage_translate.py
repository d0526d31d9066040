"""What each fact becomes in OpenLineage."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from dq_monitor.lineage.translate import translate
from dq_monitor.model.check import Kind
from dq_monitor.model.event import Dataset, Event, Origin, StepStarted
from dq_monitor.model.outbox import LineageRow
from dq_monitor.model.profile import ColumnProfile
from dq_monitor.model.table import WriteMode
from dq_monitor.model.verdict import Status
from tests.lineage_story import (
    ABANDONED,
    AUDITED,
    COMMITTED,
    LATER,
    NAMESPACE,
    NOW,
    ORIGIN,
    PROFILE,
    REJECTED,
    SILVER,
    STEP_BROKE,
    STEP_STARTED,
    STORIES,
    TABLE,
    finding,
    judged,
    started,
)


def tell(*story: Event, **given: Any) -> tuple[LineageRow, ...]:
    return translate(story[-1], story, namespace=NAMESPACE, **given)


def events(*story: Event, **given: Any) -> list[dict[str, Any]]:
    return [json.loads(row.payload) for row in tell(*story, **given)]


def states(*story: Event) -> list[tuple[str, str]]:
    return [(row.job, row.event_type) for row in tell(*story)]


@pytest.mark.parametrize(
    ("story", "expected"),
    [
        ((STEP_STARTED,), [(ORIGIN.job, "START")]),
        ((STEP_BROKE,), [(ORIGIN.job, "FAIL")]),
        ((started(),), []),
        ((started(), judged()), []),
        (
            (started(), judged(finding(Status.PASS)), COMMITTED),
            [(ORIGIN.job, "COMPLETE"), (f"{TABLE}.test", "START"), (f"{TABLE}.test", "COMPLETE")],
        ),
        (
            (started(), judged(finding(Status.FAIL)), REJECTED),
            [(ORIGIN.job, "FAIL"), (f"{TABLE}.test", "START"), (f"{TABLE}.test", "FAIL")],
        ),
        ((started(), ABANDONED), [(ORIGIN.job, "ABORT")]),
        ((AUDITED,), [(f"{TABLE}.test", "START"), (f"{TABLE}.test", "FAIL")]),
        ((COMMITTED,), []),
    ],
    ids=[
        "step-started",
        "step-broke",
        "write-started",
        "judged",
        "committed",
        "rejected",
        "abandoned",
        "audited",
        "outcome-of-nothing-known",
    ],
)
def test_each_fact_has_its_run_states(
    story: tuple[Event, ...], expected: list[tuple[str, str]]
) -> None:
    assert states(*story) == expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (Status.PASS, "COMPLETE"),
        (Status.WARN, "COMPLETE"),
        (Status.NOT_EVALUATED, "COMPLETE"),
        (Status.FAIL, "FAIL"),
        (Status.ERROR, "FAIL"),
    ],
)
def test_only_an_error_rule_fails_the_test_run(status: Status, expected: str) -> None:
    step, _, test = tell(started(), judged(finding(status)), COMMITTED)
    assert (step.event_type, test.event_type) == ("COMPLETE", expected)


@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES.keys())
def test_translation_is_the_same_every_time(story: tuple[Event, ...]) -> None:
    assert tell(*story) == tell(*story)


def test_rows_carry_what_the_payload_says() -> None:
    for row, event in zip(tell(*STORIES["committed"]), events(*STORIES["committed"]), strict=True):
        assert row.run_id == event["run"]["runId"]
        assert (row.job, NAMESPACE) == (event["job"]["name"], event["job"]["namespace"])
        assert row.at.isoformat() == event["eventTime"]


def test_step_says_what_it_reads_and_writes() -> None:
    (event,) = events(STEP_STARTED)
    table, file = event["inputs"]
    assert (table["namespace"], table["name"]) == ("s3://lake", "bronze/flights")
    assert table["facets"]["version"]["datasetVersion"] == "3"
    assert table["facets"]["storage"]["storageLayer"] == "delta"
    assert table["facets"]["storage"]["fileFormat"] == "parquet"
    (symlink,) = table["facets"]["symlinks"]["identifiers"]
    assert symlink == {"namespace": NAMESPACE, "name": "bronze.flights", "type": "TABLE"}
    assert file["facets"].keys() == {"datasetType"}
    (output,) = event["outputs"]
    assert output["name"] == "silver/flights"
    assert "version" not in output["facets"]


def test_step_names_its_pipeline_day_engine_and_query() -> None:
    (event,) = events(STEP_STARTED)
    run, job = event["run"]["facets"], event["job"]["facets"]
    assert run["parent"]["run"] == {"runId": ORIGIN.parent_run_id}
    assert run["parent"]["job"] == {"namespace": NAMESPACE, "name": "flights"}
    assert run["parent"]["root"]["run"] == {"runId": ORIGIN.parent_run_id}
    assert run["nominalTime"]["nominalStartTime"] == "2013-02-08T00:00:00+00:00"
    assert run["nominalTime"]["nominalEndTime"] == "2013-02-09T00:00:00+00:00"
    assert run["processing_engine"]["name"] == "polars"
    assert job["sql"]["query"] == ORIGIN.sql
    assert job["jobType"]["jobType"] == "STEP"
    assert job["jobType"]["integration"] == "DQ-MONITOR"
    assert event["producer"].startswith("urn:dq-monitor:")


def test_commit_says_what_was_written() -> None:
    complete = events(*STORIES["committed"])[0]
    (output,) = complete["outputs"]
    facets = output["facets"]
    assert facets["version"]["datasetVersion"] == "8"
    assert [(f["name"], f["type"]) for f in facets["schema"]["fields"]] == [
        ("origin", "string"),
        ("dep_delay", "long"),
    ]
    metrics = facets["dataQualityMetrics"]
    assert (metrics["rowCount"], metrics["bytes"], metrics["fileCount"]) == (90, 4096, 2)
    assert metrics["columnMetrics"] == {
        "origin": {"nullCount": 0},
        "dep_delay": {"nullCount": 4, "min": -12.0, "max": 301.0},
    }
    statistics = output["outputFacets"]["outputStatistics"]
    assert (statistics["rowCount"], statistics["size"], statistics["fileCount"]) == (90, 4096, 2)
    assert len(facets["dataQualityAssertions"]["assertions"]) == 2


def test_commit_without_a_profile_still_counts_its_rows() -> None:
    complete = events(*STORIES["without profile"])[0]
    assert complete["outputs"][0]["outputFacets"]["outputStatistics"]["rowCount"] == 90


def test_refused_batch_leaves_no_trace_on_its_table() -> None:
    fail = events(*STORIES["rejected"])[0]
    (output,) = fail["outputs"]
    assert output["name"] == "silver/flights"
    assert not output["facets"].keys() & {"version", "schema", "dataQualityMetrics"}
    assert "outputStatistics" not in output["outputFacets"]
    message = fail["run"]["facets"]["errorMessage"]["message"]
    assert message == "rule row_count failed: measured 0"


@pytest.mark.parametrize(
    ("version_before", "mode", "version", "expected"),
    [
        (None, WriteMode.APPEND, 1, "CREATE"),
        (None, WriteMode.OVERWRITE, 0, "CREATE"),
        (None, WriteMode.APPEND, 8, None),
        (7, WriteMode.APPEND, 8, None),
        (0, WriteMode.APPEND, 1, None),
        (7, WriteMode.OVERWRITE, 8, "OVERWRITE"),
        (7, WriteMode.REPLACE_PARTITIONS, 8, None),
    ],
)
def test_life_of_the_table_changes_when_it_is_made_or_replaced(
    version_before: int | None, mode: WriteMode, version: int, expected: str | None
) -> None:
    origin = replace(ORIGIN, output=replace(SILVER, version=version_before))
    story = (started(origin, mode), judged(origin=origin), replace(COMMITTED, version=version))
    facet = events(*story)[0]["outputs"][0]["facets"].get("lifecycleStateChange", {})
    assert facet.get("lifecycleStateChange") == expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (Status.PASS, ("pass", None)),
        (Status.WARN, ("fail", "warn")),
        (Status.FAIL, ("fail", "error")),
        (Status.ERROR, ("fail", "error")),
        (Status.NOT_EVALUATED, ("skip", None)),
    ],
)
def test_rules_are_listed_with_result_and_severity(
    status: Status, expected: tuple[str, str | None]
) -> None:
    complete = events(started(), judged(finding(status)), COMMITTED)[0]
    (test,) = complete["run"]["facets"]["test"]["tests"]
    assert (test["status"], test.get("severity")) == expected
    assert (test["name"], test["type"]) == ("in_set.origin", "in_set")
    assert test["expected"] == "warn over 0, fail over 5%"
    assert test["actual"] == "10 of 100 rows fail"


def test_values_and_scores_are_said_in_words() -> None:
    mean = replace(finding(Status.PASS), kind=Kind.TABLE, failing=None, value=12.5)
    odd = replace(mean, kind=Kind.HISTORY, score=-4.25)
    none = replace(mean, value=None)
    complete = events(started(), judged(mean, odd, none), COMMITTED)[0]
    tests = complete["run"]["facets"]["test"]["tests"]
    assert [test.get("actual") for test in tests] == ["12.5", "12.5 (score -4.25)", None]


def test_skipped_rule_is_no_assertion() -> None:
    story = (started(), judged(finding(Status.NOT_EVALUATED), finding(Status.PASS)), COMMITTED)
    *_, test = events(*story)
    (assertion,) = test["inputs"][0]["inputFacets"]["dataQualityAssertions"]["assertions"]
    assert (assertion["success"], assertion["column"]) == (True, "origin")


def test_test_run_reads_the_table_and_belongs_to_the_step() -> None:
    _, start, end = events(*STORIES["committed"])
    assert start["run"]["runId"] == end["run"]["runId"]
    assert "inputFacets" not in start["inputs"][0]
    assert end["inputs"][0]["facets"]["version"]["datasetVersion"] == "8"
    assert end["job"]["facets"]["jobType"]["jobType"] == "TEST"
    parent = end["run"]["facets"]["parent"]
    assert parent["run"] == {"runId": ORIGIN.run_id}
    assert parent["root"]["job"]["name"] == "flights"
    assert end["outputs"] == []


def test_audit_names_its_table_logically_unless_its_place_is_known() -> None:
    by_name, by_place = events(AUDITED)[1], events(AUDITED, located={TABLE: SILVER})[1]
    assert (by_name["inputs"][0]["namespace"], by_name["inputs"][0]["name"]) == (NAMESPACE, TABLE)
    assert by_place["inputs"][0]["name"] == "silver/flights"
    assert "parent" not in by_name["run"]["facets"]


def test_freshness_audit_is_a_job_of_its_own() -> None:
    assert [job for job, _ in states(replace(AUDITED, scope="freshness"))] == [
        f"{TABLE}.freshness"
    ] * 2


def test_owner_of_the_pack_owns_the_table_and_its_tests() -> None:
    complete, _, test = events(*STORIES["committed"], owners={TABLE: "flight-ops"})
    owner = [{"name": "flight-ops", "type": "OWNER"}]
    assert complete["outputs"][0]["facets"]["ownership"]["owners"] == owner
    assert test["job"]["facets"]["ownership"]["owners"] == owner
    assert "ownership" not in complete["job"]["facets"]


AGAIN = replace(ORIGIN, run_id="0194e0c4-7b6a-7d10-8d3a-0c6a7c9d1eff")


def test_batch_sent_again_belongs_to_the_run_that_finished_it() -> None:
    story = (started(), ABANDONED, started(AGAIN), judged(origin=AGAIN), COMMITTED)
    assert tell(*story)[0].run_id == AGAIN.run_id
    (abort,) = translate(ABANDONED, story, namespace=NAMESPACE)
    assert (abort.run_id, abort.event_type) == (ORIGIN.run_id, "ABORT")


def test_attempt_that_the_gate_repeats_ends_no_run() -> None:
    gave_up = replace(ABANDONED, at=NOW)
    story = (started(), judged(), gave_up, started(), judged(finding(Status.FAIL)), COMMITTED)
    assert translate(gave_up, story, namespace=NAMESPACE) == ()
    assert [row.event_type for row in tell(*story)] == ["COMPLETE", "START", "FAIL"]


def test_run_id_that_is_no_uuid_becomes_the_same_one_in_start_and_end() -> None:
    origin = Origin("job", "run-7")
    (start,) = tell(StepStarted(origin, NOW))
    end = tell(started(origin), judged(origin=origin), COMMITTED)[0]
    assert start.run_id == end.run_id != "run-7"


def test_numbers_that_json_cannot_hold_are_left_out() -> None:
    columns = (ColumnProfile("d", 0, float("-inf"), float("nan")),)
    story = (started(), judged(profile=replace(PROFILE, columns=columns)), COMMITTED)
    metrics = events(*story)[0]["outputs"][0]["facets"]["dataQualityMetrics"]
    assert metrics["columnMetrics"] == {"d": {"nullCount": 0}}


def test_values_of_rows_do_not_leave_with_an_error() -> None:
    broke = replace(finding(Status.ERROR), message="conversion failed: [\"Jane Doe\", 'x']")
    rows = (*tell(STEP_BROKE), *tell(started(), judged(broke), REJECTED))
    assert not [row for row in rows if "Jane" in row.payload]


def test_audit_without_a_time_of_its_own_never_ends_before_it_starts() -> None:
    early = replace(AUDITED, at=NOW.replace(hour=5))
    start, end = tell(early)
    assert start.at <= end.at < LATER


def test_located_table_serves_where_the_step_does_not_say() -> None:
    place = Dataset(TABLE, "file", "/lake/silver/flights")
    complete = events(*STORIES["without origin"], located={TABLE: place})[0]
    assert complete["outputs"][0]["name"] == "/lake/silver/flights"
