"""Makes again what a rollback takes back: its batches, and those of tables that were built from it.

A batch that was built from an undone one is undone too, or its key would count as done.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date, datetime

from dq_monitor.app import App
from dq_monitor.errors import UsageError
from dq_monitor.gate.undoing import Plan, without
from dq_monitor.model.rollback import Rollback
from dq_monitor.model.verdict import Decision
from dq_monitor.pipeline.declare import Pipeline
from dq_monitor.pipeline.inputs import Run, write_id
from dq_monitor.pipeline.result import RunResult
from dq_monitor.pipeline.run import run_pipeline
from dq_monitor.tables.timeline import Maker, Timeline, timeline
from dq_monitor.way_back.descent import Back, Made, built_from, told_by


@dataclass(frozen=True, slots=True)
class Batch:
    """The steps of a pipeline that are run again under one key, in the pipeline's order."""

    key: str
    day: date | None
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rerun:
    """What follows from a rollback: tables that go back too, furthest first, and what is run."""

    pipeline: Pipeline
    rollbacks: tuple[Rollback, ...]
    batches: tuple[Batch, ...]


def plan_rerun(app: App, pipeline: Pipeline, plan: Plan, known: Timeline) -> Rerun:
    """Plan to undo what was built from what a plan undoes, and to run all of it again.

    So are batches run again that an earlier call has undone, before it died. Raises UsageError
    where that is not this pipeline's to do: a table that it does not write, or one in which other
    writes came after those that have to go.
    """
    done = told_by(app.store.log)
    lost = {one.number: one.write_id for one in (*plan.undone, *plan.gone)}
    made = built_from(done, plan.rollback.table, known.holding(lost.keys()))
    built = [one for one in made if not one.undone]
    ours = set(pipeline.tables)
    strange = {one.table for one in built if one.table not in ours}
    if strange:
        raise UsageError(
            f"pipeline {pipeline.name!r} does not write {', '.join(sorted(strange))}, which was"
            f" built from {plan.rollback.table}",
            fix="name the pipeline that does, or roll back without --rerun and run it by hand",
        )
    back = [_back(app, table, built) for table in reversed(pipeline.tables)]
    rollbacks = tuple(one for one in back if one is not None)
    goes = {*lost.values(), *(one.write_id for one in made)}
    return Rerun(pipeline, rollbacks, tuple(_batches(app, pipeline, done, goes)))


def run_again(
    app: App, rerun: Rerun, now: datetime, parameters: Mapping[str, str]
) -> list[RunResult]:
    """Run the batches again, in the order in which they were committed first.

    A step that reads the new rows of a batch that is not there any more waits for it.
    """
    results = []
    for batch in rerun.batches:
        run = Run(batch.key, now, batch.day, parameters)
        steps = list(_ready(app, rerun.pipeline, batch))
        if steps:
            results.append(
                run_pipeline(
                    rerun.pipeline,
                    run,
                    gate=app.gate,
                    tables=app.tables,
                    log=app.store.log,
                    only=steps,
                )
            )
    return results


def _back(app: App, table: str, built: Sequence[Made]) -> Rollback | None:
    mine = [one for one in built if one.table == table]
    if not mine:
        return None
    history = timeline(table, app.tables.open(table))
    plan = without(history, min(mine, key=lambda one: one.version).write_id, with_later=True)
    known = {one.write_id for one in mine}
    others = [
        str(one.number)
        for one in plan.undone
        if one.maker is not Maker.UPKEEP and one.write_id not in known
    ]
    if others:
        raise UsageError(
            f"{table}: version {', '.join(others)} came after what has to be undone there, and was"
            " not built from it",
            fix=f"roll {table} back by itself first, or roll back without --rerun",
        )
    return replace(plan.rollback, reason="built from what is undone")


def _batches(
    app: App, pipeline: Pipeline, done: Sequence[Made | Back], goes: Set[str]
) -> Iterator[Batch]:
    """Yield what no longer stands once the writes of `goes` are gone, in the order of the keys."""
    ours = [one for one in done if isinstance(one, Made) and one.origin.pipeline == pipeline.name]
    stand = {one.batch for one in ours if not one.undone and one.write_id not in goes}
    by_key: dict[str, list[Made]] = {}
    for one in ours:
        by_key.setdefault(one.origin.key, []).append(one)
    for key, made in by_key.items():
        gone = {one.table for one in made if one.write_id in goes and one.batch not in stand}
        if key and gone:
            tables = gone | _refused(app, pipeline, key, gone)
            steps = tuple(table for table in pipeline.tables if table in tables)
            yield Batch(key, made[0].origin.day, steps)


def _refused(app: App, pipeline: Pipeline, key: str, gone: Set[str]) -> set[str]:
    """Return the steps after those that are gone whose batch was refused, or waited for such a one.

    What they are made of comes anew: they may pass now.
    """
    refused: set[str] = set()
    for step in pipeline.steps:
        comes_after = {*step.upstream} & (gone | refused)
        if step.writes in gone or not comes_after:
            continue
        known = app.gate.settled(write_id(pipeline.name, step.writes, key))
        if (known is None and comes_after & refused) or (
            known is not None and known.decision is Decision.REJECT
        ):
            refused.add(step.writes)
    return refused


def _ready(app: App, pipeline: Pipeline, batch: Batch) -> Iterator[str]:
    coming: set[str] = set()
    for step in pipeline.select(batch.steps):
        new = [table for table in step.upstream if step.reads_new(table) and table not in coming]
        if all(app.gate.settled(write_id(pipeline.name, table, batch.key)) for table in new):
            coming.add(step.writes)
            yield step.writes
