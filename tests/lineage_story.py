"""The facts of one day at one table, for the tests of lineage."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from dq_monitor.model.check import Kind
from dq_monitor.model.event import (
    BatchCommitted,
    Dataset,
    Event,
    Origin,
    StepBroke,
    StepStarted,
    TableAudited,
    TableRolledBack,
    WriteAbandoned,
    WriteJudged,
    WriteRejected,
    WriteStarted,
)
from dq_monitor.model.profile import ColumnProfile, Profile
from dq_monitor.model.rollback import Change, Rollback
from dq_monitor.model.rule import OnFail
from dq_monitor.model.table import Field, WriteMode
from dq_monitor.model.verdict import Counts, Decision, Finding, Status, Verdict

NOW = datetime(2013, 2, 9, 6, tzinfo=UTC)
LATER = NOW + timedelta(minutes=2)
TABLE = "silver.flights"
NAMESPACE = "warehouse"
SILVER = Dataset(TABLE, "s3://lake", "silver/flights", version=7)
ORIGIN = Origin(
    job="flights.silver.flights",
    run_id="0194e0c4-7b6a-7d10-8d3a-0c6a7c9d1e2f",
    pipeline="flights",
    parent_run_id="0194e0c4-7b6a-7d10-8d3a-0c6a7c9d1e20",
    inputs=(
        Dataset("bronze.flights", "s3://lake", "bronze/flights", version=3),
        Dataset("data/airports.csv", "file", "/data/airports.csv", format="csv"),
    ),
    output=SILVER,
    day=date(2013, 2, 8),
    sql="SELECT * FROM flights",
)
PROFILE = Profile(
    rows=90,
    bytes=4096,
    files=2,
    fields=(Field("origin", "string"), Field("dep_delay", "long")),
    columns=(ColumnProfile("origin", 0), ColumnProfile("dep_delay", 4, -12.0, 301.0)),
)


def finding(status: Status, rule_id: str = "in_set.origin") -> Finding:
    return Finding(
        rule_id=rule_id,
        check="in_set",
        kind=Kind.ROW,
        status=status,
        message="10 of 100 judged rows fail",
        columns=("origin",),
        expected="warn over 0, fail over 5%",
        on_fail=OnFail.QUARANTINE,
        failing=10,
        passing=90,
    )


def verdict(*findings: Finding, decision: Decision = Decision.COMMIT) -> Verdict:
    return Verdict(
        id="v1",
        subject="w1",
        table=TABLE,
        pack=TABLE,
        fingerprint="f00d",
        status=Status.PASS,
        decision=decision,
        counts=Counts(rows_in=100, kept=90, quarantined=10),
        judged_at=NOW,
        findings=findings,
    )


def started(origin: Origin = ORIGIN, mode: WriteMode = WriteMode.APPEND) -> WriteStarted:
    return WriteStarted("w1", TABLE, mode, TABLE, "f00d", "stage-w1", NOW, origin)


def judged(
    *findings: Finding, origin: Origin = ORIGIN, profile: Profile | None = PROFILE
) -> WriteJudged:
    return WriteJudged("w1", TABLE, NOW, verdict(*findings), origin, profile=profile)


STEP_STARTED = StepStarted(ORIGIN, NOW)
STEP_BROKE = StepBroke(
    ORIGIN, TABLE, LATER, "A pipeline step raised an error: no value 'Jane Doe'\n  fix: look"
)
COMMITTED = BatchCommitted("w1", TABLE, 8, LATER)
REJECTED = WriteRejected("w1", TABLE, LATER, ("rule row_count failed: measured 0",))
ABANDONED = WriteAbandoned("w1", TABLE, LATER)
AUDITED = TableAudited("a1", TABLE, LATER, verdict(finding(Status.FAIL)))
ROLLED_BACK = TableRolledBack(
    "00000000-0000-0000-0000-00000000000b",
    TABLE,
    9,
    LATER,
    Rollback(TABLE, 8, 6, (Change(8, "w1"), Change(7)), (Change(5, "w0"),), "ada", "wrong unit"),
    Dataset(TABLE, "file", "/lake/silver/flights"),
)
STORIES: dict[str, tuple[Event, ...]] = {
    "started": (STEP_STARTED,),
    "broke": (STEP_BROKE,),
    "committed": (started(), judged(finding(Status.PASS), finding(Status.WARN, "w")), COMMITTED),
    "overwritten": (started(mode=WriteMode.OVERWRITE), judged(), COMMITTED),
    "without profile": (started(), judged(profile=None), COMMITTED),
    "without origin": (
        started(Origin("job", "run-7")),
        judged(origin=Origin("job", "run-7")),
        COMMITTED,
    ),
    "rejected": (started(), judged(finding(Status.FAIL)), REJECTED),
    "abandoned": (started(), ABANDONED),
    "audited": (AUDITED,),
    "rolled back": (ROLLED_BACK,),
    "rolled back elsewhere": (replace(ROLLED_BACK, dataset=None),),
}
