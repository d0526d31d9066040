"""Pipelines as values: steps that say what they read, what they write, and how."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter

import polars as pl

from dq_monitor.errors import PipelineInvalid
from dq_monitor.model.table import Upsert, WriteMode
from dq_monitor.pipeline.sql import problems_of
from dq_monitor.registry import suggest
from dq_monitor.sources import kind_of

Transform = Callable[..., pl.LazyFrame]
RUN = "run"  # the argument under which a transform may ask for its Run
_TABLE = re.compile(r"[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*)*")


@dataclass(frozen=True, slots=True)
class Read:
    """A guarded table as input: all its rows, or only what this run's write of it added."""

    table: str
    new_only: bool = False


@dataclass(frozen=True, slots=True)
class File:
    """A file as input. `path` may hold `{day}`, `{key}` and the run's own parameters."""

    path: str
    kind: str
    options: Mapping[str, object] = field(default_factory=dict)


Input = Read | File


def table(name: str) -> Read:
    """Read all rows that `name` holds when the step begins."""
    return Read(name)


def new_rows(name: str) -> Read:
    """Read only the rows that this run added to `name`; a step of the pipeline must write it."""
    return Read(name, new_only=True)


def file(path: str, kind: str = "", **options: object) -> File:
    """Read a file; its kind (`csv`, `parquet`) is taken from the name's ending if not given."""
    return File(path, kind or kind_of(path), options)


@dataclass(frozen=True, slots=True)
class Step:
    """One table and how its next batch is made: by a function or by an SQL query.

    The transform gets its inputs as keyword arguments (lazy frames), under the names in `reads`,
    and the `Run` if it has an argument `run`; it returns a lazy frame. `upsert` says how mode
    `merge` meets the stored rows.
    """

    writes: str
    reads: Mapping[str, Input]
    transform: Transform | None = None
    sql: str = ""
    mode: WriteMode | str = WriteMode.APPEND
    partition_by: tuple[str, ...] = ()
    upsert: Upsert | None = None

    @property
    def upstream(self) -> tuple[str, ...]:
        """Return the tables that the step reads, each once."""
        return tuple(dict.fromkeys(i.table for i in self.reads.values() if isinstance(i, Read)))

    def reads_new(self, table: str) -> bool:
        """Return whether the step reads what this run adds to `table`."""
        return Read(table, new_only=True) in self.reads.values()

    @property
    def wants_run(self) -> bool:
        """Return whether the transform has an argument for the Run."""
        return self.transform is not None and RUN in inspect.signature(self.transform).parameters


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Steps under one name, checked when it is made and kept in order of dependence."""

    name: str
    steps: tuple[Step, ...]

    def __post_init__(self) -> None:
        """Check the steps and order them; raise PipelineInvalid with everything that is wrong."""
        problems = list(_problems(self.name, self.steps))
        if problems:
            raise PipelineInvalid(
                f"pipeline {self.name!r}: " + "; ".join(problem for problem, _ in problems),
                fix="; ".join(dict.fromkeys(fix for _, fix in problems)),
            )
        object.__setattr__(self, "steps", _in_order(self.name, self.steps))

    @property
    def tables(self) -> tuple[str, ...]:
        """Return the tables that the pipeline writes, in order of dependence."""
        return tuple(step.writes for step in self.steps)

    def select(self, only: Sequence[str] = (), start_from: Sequence[str] = ()) -> tuple[Step, ...]:
        """Return the steps to run: those of `only`, or `start_from` with all that depends on it."""
        for name in (*only, *start_from):
            if name not in self.tables:
                raise PipelineInvalid(
                    f"pipeline {self.name!r} has no step {name!r}", fix=suggest(name, self.tables)
                )
        if not only and not start_from:
            return self.steps
        wanted = set(only) | self.downstream(start_from)
        return tuple(step for step in self.steps if step.writes in wanted)

    def downstream(self, names: Sequence[str]) -> set[str]:
        """Return `names` and every table that is made from them, near or far."""
        reached = set(names)
        for step in self.steps:  # in order of dependence, so one pass reaches everything
            if reached & set(step.upstream):
                reached.add(step.writes)
        return reached


def _in_order(name: str, steps: Sequence[Step]) -> tuple[Step, ...]:
    # Ties go by the order of declaration, so that two runs never differ in their order.
    by_table = {step.writes: step for step in steps}
    place = {table: index for index, table in enumerate(by_table)}
    sorter = TopologicalSorter(
        {step.writes: [table for table in step.upstream if table in by_table] for step in steps}
    )
    try:
        sorter.prepare()
    except CycleError as error:
        circle = " reads ".join(reversed(error.args[1]))
        raise PipelineInvalid(
            f"pipeline {name!r}: its steps go in a circle: {circle}",
            fix="let one of them read another table",
        ) from error
    order: list[str] = []
    ready = list(sorter.get_ready())
    while ready:
        ready.sort(key=place.__getitem__)
        done = ready.pop(0)
        order.append(done)
        sorter.done(done)
        ready.extend(sorter.get_ready())
    return tuple(by_table[table] for table in order)


Problem = tuple[str, str]  # what is wrong, how to put it right


def _problems(name: str, steps: Sequence[Step]) -> Iterator[Problem]:
    if not name.strip():
        yield "it has no name", "name it"
    if not steps:
        yield "it has no steps", "give it at least one Step"
    written = [step.writes for step in steps]
    for table in dict.fromkeys(written):
        if written.count(table) > 1:
            yield (
                f"{written.count(table)} steps write {table!r}",
                f"let one step write {table!r}, or write two tables",
            )
    for step in steps:
        for problem, fix in (
            *_step_problems(step),
            *_input_problems(step, written),
            *_argument_problems(step),
        ):
            yield f"step {step.writes!r} {problem}", fix


def _step_problems(step: Step) -> Iterator[Problem]:
    if not _TABLE.fullmatch(step.writes):
        yield (
            "is no table name",
            "use letters, digits and _ in parts joined by dots: silver.flights",
        )
    if (step.transform is None) == (not step.sql):
        yield "needs a transform or an SQL query, one of the two", "give transform= or sql="
    if step.mode not in list(WriteMode):
        yield f"has no mode {step.mode!r}", suggest(step.mode, list(WriteMode))
    if (step.mode == WriteMode.MERGE) != (step.upsert is not None):
        yield (
            f"has mode {str(step.mode)!r} and {'an' if step.upsert else 'no'} upsert",
            "give both: mode='merge', upsert=Upsert(('key',))",
        )
    if not step.reads:
        yield "reads nothing", "declare its inputs: reads={'rows': table('bronze.rows')}"


def _input_problems(step: Step, written: Sequence[str]) -> Iterator[Problem]:
    for argument, source in step.reads.items():
        if not argument.isidentifier() or argument == RUN:
            yield f"cannot name an input {argument!r}", f"use an identifier other than {RUN!r}"
        if isinstance(source, File) and not source.kind:
            yield f"reads {source.path!r} of unknown kind", "name it: file(path, kind='csv')"
        if isinstance(source, Read) and source.table == step.writes:
            yield "reads the table it writes", "read what that table is made from"
        elif isinstance(source, Read) and source.new_only and source.table not in written:
            yield (
                f"reads the new rows of {source.table!r}, which no step writes",
                f"{suggest(source.table, written)}; or read all of it: table({source.table!r})",
            )


def _argument_problems(step: Step) -> Iterator[Problem]:
    if step.sql:
        yield from problems_of(step.sql, tuple(step.reads))
    if step.transform is None:
        return
    try:
        parameters = inspect.signature(step.transform).parameters.values()
    except (TypeError, ValueError) as error:
        yield f"has a transform that tells no arguments ({error})", "give a function"
        return
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return
    takes = {p.name for p in parameters}
    needs = {p.name for p in parameters if p.default is p.empty}
    for extra in sorted(set(step.reads) - takes):
        yield (
            f"declares the input {extra!r}, which its transform does not take",
            (f"add the argument {extra!r} to the transform, or remove the input"),
        )
    for missing in sorted(needs - set(step.reads) - {RUN}):
        yield (
            f"does not declare the input {missing!r}, which its transform needs",
            (f"add {missing!r} to reads"),
        )
