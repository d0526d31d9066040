"""Says of a run and its job what OpenLineage wants to know, and makes the event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID, uuid5

from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState
from openlineage.client.facet_v2 import (
    JobFacet,
    RunFacet,
    error_message_run,
    job_type_job,
    nominal_time_run,
    parent_run,
    processing_engine_run,
    sql_job,
)
from openlineage.client.serde import Serde

from dq_monitor.lineage.house import House, our_version, polars_version, producer
from dq_monitor.model.event import Origin
from dq_monitor.model.outbox import LineageRow

INTEGRATION = "DQ-MONITOR"
LANGUAGE = "Python"
STRANGE_IDS = UUID("4b0f2d0e-93c5-5c5e-8a55-0d1f6a3f2c11")


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """One event to be: which run of which job came to which state, and what goes with it."""

    state: RunState
    at: datetime
    run_id: str
    job: str
    inputs: Sequence[InputDataset] = ()
    outputs: Sequence[OutputDataset] = ()
    run_facets: Mapping[str, RunFacet] = field(default_factory=dict)
    job_facets: Mapping[str, JobFacet] = field(default_factory=dict)


def tell(telling: Telling, house: House) -> LineageRow:
    """Return the event as the store keeps it."""
    event = RunEvent(
        eventType=telling.state,
        eventTime=telling.at.isoformat(),
        run=Run(telling.run_id, facets=dict(telling.run_facets)),
        job=Job(house.namespace, telling.job, facets=dict(telling.job_facets)),
        inputs=list(telling.inputs),
        outputs=list(telling.outputs),
        producer=producer(),
    )
    payload = Serde.to_json(event, allow_nan=False, separators=(",", ":"))
    return LineageRow(telling.run_id, telling.state.value, telling.job, telling.at, payload)


def run_uuid(text: str) -> str:
    """Return a run id as the UUID the spec wants; another id always becomes the same one."""
    try:
        return str(UUID(text))
    except ValueError:
        return str(uuid5(STRANGE_IDS, text))


def step_run(origin: Origin, house: House) -> dict[str, RunFacet]:
    """Return the facets that every event of a step's run carries."""
    facets = _always(origin.day)
    if origin.parent_run_id:
        facets["parent"] = _parent(
            (run_uuid(origin.parent_run_id), origin.pipeline or origin.job), origin, house
        )
    return facets


def testing_run(origin: Origin | None, house: House) -> dict[str, RunFacet]:
    """Return the facets of a test's run: the child of the step that it tested, if there was one."""
    facets = _always(origin.day if origin else None)
    if origin:
        facets["parent"] = _parent((run_uuid(origin.run_id), origin.job), origin, house)
    return facets


def error(message: str) -> error_message_run.ErrorMessageRunFacet:
    """Return the facet that says why a run failed; `message` must hold no row's value."""
    return error_message_run.ErrorMessageRunFacet(message, LANGUAGE, producer=producer())


def job(kind: str, sql: str = "") -> dict[str, JobFacet]:
    """Return the facets of a job: `kind` is STEP, TEST or ROLLBACK."""
    facets: dict[str, JobFacet] = {
        "jobType": job_type_job.JobTypeJobFacet("BATCH", INTEGRATION, kind, producer=producer())
    }
    if sql:
        facets["sql"] = sql_job.SQLJobFacet(sql, "polars", producer=producer())
    return facets


def _always(day: date | None) -> dict[str, RunFacet]:
    facets: dict[str, RunFacet] = {
        "processing_engine": processing_engine_run.ProcessingEngineRunFacet(
            polars_version(), "polars", our_version(), producer=producer()
        )
    }
    if day:
        start = datetime.combine(day, time(), UTC)
        facets["nominalTime"] = nominal_time_run.NominalTimeRunFacet(
            start.isoformat(), (start + timedelta(days=1)).isoformat(), producer=producer()
        )
    return facets


def _parent(parent: tuple[str, str], origin: Origin, house: House) -> parent_run.ParentRunFacet:
    """Return the facet; the root is the pipeline, or the step where there is no pipeline."""
    run_id, name = parent
    root_id, root = run_id, name
    if origin.parent_run_id:
        root_id, root = run_uuid(origin.parent_run_id), origin.pipeline or origin.job
    return parent_run.ParentRunFacet(
        parent_run.Run(run_id, facets=None),
        parent_run.Job(house.namespace, name, facets=None),
        parent_run.Root(
            parent_run.RootRun(root_id, facets=None),
            parent_run.RootJob(house.namespace, root, facets=None),
        ),
        producer=producer(),
    )
