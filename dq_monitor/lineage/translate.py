"""Translates the facts of the event log into OpenLineage run events: values in, values out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from openlineage.client.event_v2 import OutputDataset, RunState
from openlineage.client.facet_v2 import JobFacet, ownership_job
from openlineage.client.uuid import generate_static_uuid

from dq_monitor.lineage import datasets, results, runs
from dq_monitor.lineage.house import House, producer
from dq_monitor.lineage.rollbacks import rolled_back
from dq_monitor.lineage.runs import Telling, tell
from dq_monitor.lineage.scrub import scrub
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
from dq_monitor.model.outbox import LineageRow
from dq_monitor.model.table import WriteMode
from dq_monitor.model.verdict import Verdict

FIRST_VERSIONS = (0, 1)  # the gate creates an empty table first, then commits the batch


def translate(
    event: Event,
    of_write: Sequence[Event] = (),
    *,
    namespace: str,
    owners: Mapping[str, str] | None = None,
    located: Mapping[str, Dataset] | None = None,
) -> tuple[LineageRow, ...]:
    """Return the OpenLineage events that one fact amounts to; many facts amount to none.

    `of_write` are all events of the same write (`EventLog.write_events`): an outcome alone does not
    carry the verdict. `owners` and `located` go by table; audits name a table that is not
    `located` by its logical name, which every write announces as a symlink.

    A step is START, then COMPLETE (committed), FAIL (rejected, or it broke) or ABORT (abandoned).
    A judged write or an audit is also a run of the job `<table>.test`, FAIL only if an
    error-severity rule failed.
    """
    house = House(namespace, owners or {}, located or {})
    match event:
        case StepStarted() | StepBroke():
            return (_stepped(event, house),)
        case BatchCommitted() | WriteRejected():
            return _settled(event, _Story.before(event, of_write), house)
        case WriteAbandoned():
            return _abandoned(event, _Story.before(event, of_write), house)
        case TableAudited():
            suffix = "freshness" if event.scope == "freshness" else "test"
            test = _Test(event.table, event.verdict, event.at, suffix=suffix)
            return _tested(test, house)
        case TableRolledBack():
            return rolled_back(event, house)
    return ()


@dataclass(frozen=True, slots=True)
class _Story:
    """What is known of the attempt that an outcome ended; a write may have been tried before."""

    started: WriteStarted | None = None
    judged: WriteJudged | None = None

    @classmethod
    def before(cls, outcome: Event, of_write: Sequence[Event]) -> _Story:
        story = cls()
        for event in of_write:
            if event == outcome:
                break  # a follower that lags sees later attempts too
            if isinstance(event, WriteStarted):
                story = cls(started=event)
            elif isinstance(event, WriteJudged):
                story = replace(story, judged=event)
        return story


@dataclass(frozen=True, slots=True)
class _Test:
    """A verdict as a run of its own; `version` is the table's that the tested rows made."""

    table: str
    verdict: Verdict
    at: datetime
    origin: Origin | None = None
    version: int | None = None
    suffix: str = "test"


def _stepped(event: StepStarted | StepBroke, house: House) -> LineageRow:
    return _started(event, house) if isinstance(event, StepStarted) else _broke(event, house)


def _started(event: StepStarted, house: House) -> LineageRow:
    return tell(_step(RunState.START, event.at, event.origin, house), house)


def _broke(event: StepBroke, house: House) -> LineageRow:
    telling = _step(RunState.FAIL, event.at, event.origin, house, table=event.table)
    return tell(_because(telling, scrub(event.error)), house)


def _settled(
    event: BatchCommitted | WriteRejected, story: _Story, house: House
) -> tuple[LineageRow, ...]:
    judged = story.judged
    if judged is None:
        return ()  # nothing tells which run this was
    step = (
        _committed(event, judged, story, house)
        if isinstance(event, BatchCommitted)
        else _rejected(event, judged, house)
    )
    version = event.version if isinstance(event, BatchCommitted) else None
    test = _Test(event.table, judged.verdict, event.at, judged.origin, version)
    return (tell(step, house), *_tested(test, house))


def _committed(event: BatchCommitted, judged: WriteJudged, story: _Story, house: House) -> Telling:
    output = datasets.written(
        judged.origin.output or house.dataset(event.table),
        house,
        version=event.version,
        at=event.at,
        verdict=judged.verdict,
        profile=judged.profile,
        change=_change(event, judged.origin, story.started),
    )
    telling = _step(RunState.COMPLETE, event.at, judged.origin, house, output=output)
    return _with_tests(telling, judged.verdict)


def _rejected(event: WriteRejected, judged: WriteJudged, house: House) -> Telling:
    """Return the refusal: the table is named, so that the edge stays, but without any change."""
    table = judged.origin.output or house.dataset(event.table)
    output = datasets.aimed_at(table, house, judged.verdict)
    telling = _step(RunState.FAIL, event.at, judged.origin, house, output=output)
    return _because(_with_tests(telling, judged.verdict), "; ".join(map(scrub, event.reasons)))


def _abandoned(event: WriteAbandoned, story: _Story, house: House) -> tuple[LineageRow, ...]:
    """Return the end of a run that died.

    A gate that gives an attempt up by itself does so at the write's own time: its step goes on, to
    try again or to break, and will say how it ended.
    """
    started = story.started
    if started is None or (event.at <= started.at and not event.reason):
        return ()
    telling = _step(RunState.ABORT, event.at, started.origin, house, table=event.table)
    return (tell(telling, house),)


def _tested(test: _Test, house: House) -> tuple[LineageRow, LineageRow]:
    """Return the test's own run: the strict schema knows assertions on inputs only."""
    verdict = test.verdict
    table = (test.origin and test.origin.output) or house.dataset(test.table)
    identity = f"{house.namespace}\n{test.table}.{test.suffix}\n{verdict.subject}"
    start = Telling(
        state=RunState.START,
        at=min(verdict.judged_at, test.at),
        run_id=str(generate_static_uuid(verdict.judged_at, identity.encode())),
        job=f"{test.table}.{test.suffix}",
        inputs=[datasets.under_test(table, house, test.version)],
        run_facets=runs.testing_run(test.origin, house),
        job_facets=runs.job("TEST") | _owned(test.table, house),
    )
    end = replace(
        start,
        state=RunState.FAIL if results.failed(verdict) else RunState.COMPLETE,
        at=test.at,
        inputs=[datasets.under_test(table, house, test.version, verdict)],
    )
    return tell(start, house), tell(_with_tests(end, verdict), house)


def _step(
    state: RunState,
    at: datetime,
    origin: Origin,
    house: House,
    *,
    table: str = "",
    output: OutputDataset | None = None,
) -> Telling:
    aim = origin.output or (house.dataset(table) if table else None)
    if output is None and aim is not None:
        output = datasets.aimed_at(aim, house)
    return Telling(
        state=state,
        at=at,
        run_id=runs.run_uuid(origin.run_id),
        job=origin.job,
        inputs=[datasets.read(dataset, house) for dataset in origin.inputs],
        outputs=[output] if output else [],
        run_facets=runs.step_run(origin, house),
        job_facets=runs.job("STEP", origin.sql),
    )


def _with_tests(telling: Telling, verdict: Verdict) -> Telling:
    return replace(telling, run_facets={**telling.run_facets, "test": results.outcomes(verdict)})


def _because(telling: Telling, message: str) -> Telling:
    return replace(telling, run_facets={**telling.run_facets, "errorMessage": runs.error(message)})


def _owned(table: str, house: House) -> dict[str, JobFacet]:
    """Return the owner of a table's pack, who owns its tests; that of a step is not known."""
    owner = house.owners.get(table)
    if not owner:
        return {}
    owners = [ownership_job.Owner(owner, "OWNER")]
    return {"ownership": ownership_job.OwnershipJobFacet(owners, producer=producer())}


def _change(
    event: BatchCommitted, origin: Origin, started: WriteStarted | None
) -> datasets.Change | None:
    """Return what became of the table as a whole; appending rows is no change of its life."""
    missing = origin.output is not None and origin.output.version is None
    if missing and event.version in FIRST_VERSIONS:
        return datasets.Change.CREATE
    if started is not None and started.mode is WriteMode.OVERWRITE:
        return datasets.Change.OVERWRITE
    return None
