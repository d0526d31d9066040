"""Runs a pipeline: each step through the gate, in order; a failure stops its dependents only."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import polars as pl
from polars.exceptions import PanicException

from dq_monitor.errors import DqmError, PackMissing, PipelineInvalid, StepFailed
from dq_monitor.gate import Write
from dq_monitor.gate.digest import differ
from dq_monitor.gate.outcome import Outcome, broken
from dq_monitor.model.event import Origin, StepStarted
from dq_monitor.model.table import WriteMode
from dq_monitor.model.verdict import Decision
from dq_monitor.pipeline.declare import RUN, Pipeline, Step
from dq_monitor.pipeline.inputs import (
    Batch,
    Inputs,
    Run,
    Tables,
    check,
    datasets,
    file_paths,
    open_inputs,
    run_id,
    write_id,
)
from dq_monitor.pipeline.result import RunResult, StepResult, StepState, result_of
from dq_monitor.pipeline.sql import query
from dq_monitor.ports import EventLog, Source
from dq_monitor.registry import plug
from dq_monitor.sources import files_digest, reading, reference_to
from dq_monitor.tables.delta import dataset_at


class Gate(Protocol):
    """What a run needs of the gate."""

    def settled(self, write_id: str) -> Outcome | None:
        """Return the outcome of a write that has one."""
        ...

    def is_guarded(self, table: str) -> bool:
        """Say whether a table has rules."""
        ...

    def write(self, write: Write) -> Outcome:
        """Judge a batch and commit or reject it."""
        ...


Progress = Callable[[str, StepResult | None], None]


def open_source(kind: str) -> Source:
    """Return the source for files of `kind`; raise UnknownName with the nearest known one."""
    source: Source = plug("dq_monitor.sources", kind, "source")()
    return source


def quiet(_step: str, _result: StepResult | None) -> None:
    """Tell nobody: the default for `on_progress`."""


def run_pipeline(
    pipeline: Pipeline,
    run: Run,
    *,
    gate: Gate,
    tables: Tables,
    log: EventLog,
    only: Sequence[str] = (),
    start_from: Sequence[str] = (),
    sources: Callable[[str], Source] = open_source,
    on_progress: Progress = quiet,
) -> RunResult:
    """Run the selected steps of `pipeline` in order of dependence.

    A rejected write or a broken step stops the steps that depend on it and nothing else.
    `on_progress` is called with the step's table before it begins and with its result after.
    """
    steps = pipeline.select(only, start_from)
    check(pipeline, steps, run, tables)
    runner = _Runner(pipeline, run, gate, tables, log, sources)
    runner.check(steps)
    results: dict[str, StepResult] = {}
    for step in steps:
        on_progress(step.writes, None)
        results[step.writes] = runner.step(step, results)
        on_progress(step.writes, results[step.writes])
    return RunResult(pipeline.name, run, tuple(results.values()))


@dataclass(frozen=True, slots=True)
class _Runner:
    """One run's surroundings, so that its steps need not pass them on."""

    pipeline: Pipeline
    run: Run
    gate: Gate
    tables: Tables
    log: EventLog
    sources: Callable[[str], Source]

    def check(self, steps: Sequence[Step]) -> None:
        """Raise before anything runs: a table without rules, a batch that no step will write."""
        coming = {step.writes for step in steps}
        _require_packs(steps, self.gate)
        for step in steps:
            for table in step.upstream:
                if table in coming or not step.reads_new(table):
                    continue
                if self.gate.settled(self._write_id(table)) is None:
                    raise PipelineInvalid(
                        f"step {step.writes!r} reads the new rows of {table!r}, which has none "
                        f"under the key {self.run.key!r}",
                        fix=f"start one step earlier: --from {table}",
                    )

    def step(self, step: Step, results: Mapping[str, StepResult]) -> StepResult:
        batch = self._write_id(step.writes)
        settled = self.gate.settled(batch)
        digest = files_digest(file_paths(step, self.run))
        committed = settled is not None and settled.decision is Decision.COMMIT
        if settled is not None and committed and not differ(settled.digest, digest):
            return result_of(step.writes, settled)  # before StepStarted: it leaves no trace
        cause = self._blocked(step, results)
        if cause:
            return StepResult(step.writes, StepState.SKIPPED, batch, cause=cause)
        batches = self._batches(step, results)
        origin = self._origin(step, batches)
        self.log.append(StepStarted(origin, self.run.now))
        try:
            return result_of(step.writes, self._write(step, batch, origin, batches, digest))
        except DqmError as error:
            fact = broken(origin, step.writes, self.run.now, error, reference_to(error))
            self.log.append(fact)
            cause = str(error).splitlines()[0]
            return StepResult(step.writes, StepState.BROKE, batch, cause=cause, error=error)

    def _write(
        self, step: Step, batch: str, origin: Origin, batches: Mapping[str, Batch], digest: str
    ) -> Outcome:
        inputs = open_inputs(
            step,
            self.run,
            tables=self.tables,
            sources=self.sources,
            versions={dataset.name: dataset.version for dataset in origin.inputs},
            batches=batches,
        )
        try:
            # A lazy frame raises what its source or its functions raise only when it is read.
            with reading(inputs.files):
                made = self._batch(step, batch, origin, inputs)
                return self.gate.write(replace(made, digest=digest))
        except DqmError:
            raise
        except (Exception, PanicException, SystemExit) as error:
            raise _explain(step, error) from error

    def _batch(self, step: Step, batch: str, origin: Origin, inputs: Inputs) -> Write:
        frame = self._transformed(step, inputs.frames)
        if not isinstance(frame, pl.LazyFrame):
            raise StepFailed(
                f"step {step.writes!r} returned {type(frame).__name__}, not a LazyFrame",
                fix="return a polars LazyFrame (a DataFrame becomes one with .lazy())",
            )
        return Write(
            table=step.writes,
            frame=frame,
            write_id=batch,
            origin=origin,
            now=self.run.now,
            mode=WriteMode(step.mode),
            partition_by=step.partition_by,
            upsert=step.upsert,
            key=self.run.key,
        )

    def _transformed(self, step: Step, inputs: Mapping[str, pl.LazyFrame]) -> object:
        if step.transform is None:
            return query(step.sql, inputs)
        extra = {RUN: self.run} if step.wants_run else {}
        return step.transform(**inputs, **extra)

    def _blocked(self, step: Step, results: Mapping[str, StepResult]) -> str:
        """Return why the step cannot run, in words; empty when it can."""
        for table in step.upstream:
            result = results.get(table) or self._earlier(step, table)
            if result is not None and result.state is not StepState.COMMITTED:
                return f"{table} {result.state.past}"
        return ""

    def _batches(self, step: Step, results: Mapping[str, StepResult]) -> Mapping[str, Batch]:
        """Return the writes whose new rows the step reads, by table."""
        found = {}
        for table in filter(step.reads_new, step.upstream):
            result = results.get(table) or self._earlier(step, table)
            if result is not None and result.outcome is not None:
                found[table] = Batch(result.write_id, result.outcome.version)
        return found

    def _earlier(self, step: Step, table: str) -> StepResult | None:
        """Return what became of a batch that the step reads and an earlier call wrote."""
        settled = self.gate.settled(self._write_id(table)) if step.reads_new(table) else None
        return result_of(table, settled) if settled else None

    def _origin(self, step: Step, batches: Mapping[str, Batch]) -> Origin:
        name = self.pipeline.name
        job = f"{name}.{step.writes}"
        return Origin(
            job=job,
            run_id=run_id(name, job, self.run),
            pipeline=name,
            parent_run_id=run_id(name, name, self.run),
            inputs=datasets(step, self.run, self.tables, batches),
            output=dataset_at(self.tables.uri(step.writes), step.writes, "delta"),
            day=self.run.day,
            sql=step.sql,
            key=self.run.key,
        )

    def _write_id(self, table: str) -> str:
        return write_id(self.pipeline.name, table, self.run.key)


def _require_packs(steps: Sequence[Step], gate: Gate) -> None:
    missing = [step.writes for step in steps if not gate.is_guarded(step.writes)]
    if missing:
        raise PackMissing(
            ", ".join(missing),
            fix="write a pack in the rules folder: table: and rules:, a file each",
        )


def _explain(step: Step, error: BaseException) -> StepFailed:
    first = (str(error).strip().splitlines() or [""])[0]
    return StepFailed(
        f"step {step.writes!r}{_place(step, error)}: {type(error).__name__}: {first}",
        fix="correct the step, or the input it reads",
    )


def _place(step: Step, error: BaseException) -> str:
    """Return ` (file.py:12)`: the deepest line of the transform's own file, if it got there."""
    code = getattr(inspect.unwrap(step.transform), "__code__", None) if step.transform else None
    if code is None:
        return ""
    trace = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in trace if frame.filename == code.co_filename]
    return f" ({Path(code.co_filename).name}:{lines[-1]})" if lines else ""
