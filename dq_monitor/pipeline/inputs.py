"""What a step reads: its frames, and the names under which lineage knows them."""

from __future__ import annotations

import os
import string
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import PurePosixPath
from typing import Protocol
from uuid import UUID, uuid5

import polars as pl

from dq_monitor.errors import PipelineInvalid
from dq_monitor.model.event import Dataset
from dq_monitor.model.sender import require_key, require_zone
from dq_monitor.pipeline.declare import File, Pipeline, Read, Step
from dq_monitor.ports import Source
from dq_monitor.registry import suggest
from dq_monitor.tables.delta import dataset_at

_NAMESPACE = UUID("8f6e5b1c-3d0a-5b52-9d1c-6a4be1f0c7a3")
_VARYING = {"day", "key"}  # what differs from run to run; other names are set once


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a pipeline. `key` names its batches: the same key again changes nothing.

    `now`, with its zone, is the time that rules judge by, `day` the day whose data this is,
    `parameters` fill the paths of files.
    """

    key: str
    now: datetime
    day: date | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raise UsageError for a key that names nothing, or a time without a zone."""
        require_key(self.key)
        require_zone(self.now)

    @property
    def names(self) -> Mapping[str, str]:
        """Return what a file's path may refer to."""
        day = {"day": self.day.isoformat()} if self.day else {}
        return {**self.parameters, **day, "key": self.key}


@dataclass(frozen=True, slots=True)
class Inputs:
    """A step's frames by argument, and those that come from files by path, as they were scanned."""

    frames: Mapping[str, pl.LazyFrame]
    files: Mapping[str, pl.LazyFrame]


@dataclass(frozen=True, slots=True)
class Batch:
    """A committed write of an input table: its id and the version that it made."""

    write_id: str
    version: int | None


class Tables(Protocol):
    """What a run needs of the stored tables."""

    def uri(self, table: str) -> str:
        """Return where the table lies."""
        ...

    def exists(self, table: str) -> bool:
        """Return whether the table has ever been written."""
        ...

    def scan(self, table: str, version: int | None = None) -> pl.LazyFrame:
        """Return the rows of the table at `version`."""
        ...

    def scan_write(self, table: str, write_id: str) -> pl.LazyFrame:
        """Return the rows that one write added."""
        ...

    def dataset(self, table: str) -> Dataset:
        """Return the table as lineage names it, with its version now."""
        ...


def write_id(pipeline: str, table: str, key: str) -> str:
    """Return the id of a batch: the same pipeline, table and key always give the same."""
    return str(uuid5(_NAMESPACE, "\n".join(("write", pipeline, table, key))))


def run_id(pipeline: str, job: str, run: Run) -> str:
    """Return the id of one attempt: a later attempt at the same batch is another run."""
    return str(uuid5(_NAMESPACE, "\n".join(("run", pipeline, job, run.key, run.now.isoformat()))))


def check(pipeline: Pipeline, steps: Sequence[Step], run: Run, tables: Tables) -> None:
    """Raise PipelineInvalid if an input of `steps` cannot be there, before anything is run."""
    coming = {step.writes for step in steps}
    problems = [
        (f"step {step.writes!r} {problem}", fix)
        for step in steps
        for source in step.reads.values()
        for problem, fix in _unreadable(source, pipeline, coming, run, tables)
    ]
    if problems:
        raise PipelineInvalid(
            f"pipeline {pipeline.name!r}: " + "; ".join(problem for problem, _ in problems),
            fix="; ".join(dict.fromkeys(fix for _, fix in problems)),
        )


def open_inputs(
    step: Step,
    run: Run,
    *,
    tables: Tables,
    sources: Callable[[str], Source],
    versions: Mapping[str, int | None],
    batches: Mapping[str, Batch],
) -> Inputs:
    """Return what the step reads: tables as of `versions`, new rows of the writes `batches`."""
    found, files = {}, {}
    for argument, source in step.reads.items():
        if isinstance(source, File):
            path = source.path.format_map(run.names)
            found[argument] = files[path] = sources(source.kind).scan(path, source.options)
        elif source.new_only:
            found[argument] = tables.scan_write(source.table, batches[source.table].write_id)
        else:
            found[argument] = tables.scan(source.table, versions.get(source.table))
    return Inputs(found, files)


def file_paths(step: Step, run: Run) -> tuple[str, ...]:
    """Return the paths of the files that the step reads, by the names of its inputs."""
    sources = (source for _, source in sorted(step.reads.items()))
    return tuple(s.path.format_map(run.names) for s in sources if isinstance(s, File))


def datasets(
    step: Step, run: Run, tables: Tables, batches: Mapping[str, Batch]
) -> tuple[Dataset, ...]:
    """Return what the step reads as lineage names it, each once.

    A batch is read as of the version that it made, a whole table as of now.
    """
    found = []
    for source in step.reads.values():
        if isinstance(source, File):
            found.append(file_dataset(source, run))
        elif source.new_only and source.table in batches:
            version = batches[source.table].version
            uri = tables.uri(source.table)
            found.append(dataset_at(uri, source.table, "delta", version))
        else:
            found.append(tables.dataset(source.table))
    return tuple(dict.fromkeys(found))


def file_dataset(source: File, run: Run) -> Dataset:
    """Return a file as a dataset that stays the same from run to run.

    The path ends before the first part that varies: a folder of daily files is one dataset, not
    one for each day.
    """
    scheme, found, rest = source.path.partition("://")
    template = PurePosixPath(rest if found else source.path)
    steady: list[str] = []
    for part in template.parts:
        if _VARYING & set(fields(part)):
            break
        steady.append(part.format_map(run.names))
    path = PurePosixPath(*steady)
    if found:
        bucket, _, key = str(path).partition("/")
        return Dataset(str(path), f"{scheme}://{bucket}", key, source.kind)
    whole = os.path.abspath(path)  # noqa: PTH100 - names a place, must not follow links
    return Dataset("/".join(PurePosixPath(whole).parts[-2:]), "file", whole, source.kind)


def fields(template: str) -> Iterator[str]:
    """Yield the names in braces."""
    for _, name, _, _ in string.Formatter().parse(template):
        if name is not None:
            yield name


def _unreadable(
    source: Read | File, pipeline: Pipeline, coming: set[str], run: Run, tables: Tables
) -> Iterator[tuple[str, str]]:
    if isinstance(source, File):
        for name in fields(source.path):
            if name not in run.names:
                yield f"reads {source.path!r}, but the run has no {name!r}", f"--param {name}=..."
    elif not (source.new_only or source.table in coming or tables.exists(source.table)):
        known = pipeline.tables
        fix = f"--from {source.table}" if source.table in known else suggest(source.table, known)
        yield f"reads {source.table!r}, which has not been written yet", fix
