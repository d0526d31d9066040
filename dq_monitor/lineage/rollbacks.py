"""Says a rollback as a run of its own: which version came back, which writes no longer count."""

from __future__ import annotations

from dataclasses import replace

from openlineage.client.event_v2 import OutputDataset, RunState
from openlineage.client.facet_v2 import RunFacet, lifecycle_state_change_dataset, tags_run

from dq_monitor.lineage import datasets, runs
from dq_monitor.lineage.house import House, producer
from dq_monitor.lineage.runs import Telling, tell
from dq_monitor.model.event import Dataset, TableRolledBack
from dq_monitor.model.outbox import LineageRow
from dq_monitor.model.rollback import Rollback

SOURCE = "DQ-MONITOR"
OVERWRITE = lifecycle_state_change_dataset.LifecycleStateChange.OVERWRITE


def rolled_back(event: TableRolledBack, house: House) -> tuple[LineageRow, LineageRow]:
    """Return START and COMPLETE of the job `<table>.rollback`, which reads and writes the table.

    OpenLineage cannot take a run back. What is undone is named in the run's tags: the table's
    versions and the writes that made them.
    """
    table = event.dataset or house.dataset(event.table)
    start = Telling(
        state=RunState.START,
        at=event.at,
        run_id=runs.run_uuid(event.rollback_id),
        job=f"{event.table}.rollback",
        inputs=[datasets.read(replace(table, version=event.rollback.target), house)],
        outputs=[datasets.aimed_at(table, house)],
        run_facets=runs.testing_run(None, house) | {"tags": _tags(event.rollback)},
        job_facets=runs.job("ROLLBACK"),
    )
    end = replace(start, state=RunState.COMPLETE, outputs=[_restored(table, event.version, house)])
    return tell(start, house), tell(end, house)


def _restored(table: Dataset, version: int, house: House) -> OutputDataset:
    output = datasets.read(replace(table, version=version), house)
    change = lifecycle_state_change_dataset.LifecycleStateChangeDatasetFacet(
        OVERWRITE, producer=producer()
    )
    facets = {**(output.facets or {}), "lifecycleStateChange": change}
    return OutputDataset(table.namespace, table.path, facets=facets)


def _tags(rollback: Rollback) -> RunFacet:
    pairs = [
        ("rollback.by", rollback.by),
        ("rollback.reason", rollback.reason),
        *(("rollback.undone_version", str(one.version)) for one in rollback.undone),
        *(("rollback.undone_write", one) for one in rollback.undone_writes),
        *(("rollback.redone_write", one) for one in rollback.redone_writes),
    ]
    tags = [tags_run.TagsRunFacetFields(key, value, SOURCE) for key, value in pairs if value]
    return tags_run.TagsRunFacet(tags, producer=producer())
