from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

import polars as pl
import pytest

from dq_monitor.errors import ExitCode, PackMissing, PipelineInvalid, SourceMissing
from dq_monitor.gate import Write
from dq_monitor.gate.outcome import Outcome
from dq_monitor.model.event import Dataset, Event, Recorded, StepBroke, StepStarted
from dq_monitor.model.verdict import Counts, Decision, Status, Verdict
from dq_monitor.pipeline.declare import Pipeline, Step, file, new_rows, table
from dq_monitor.pipeline.inputs import Run, file_dataset, run_id
from dq_monitor.pipeline.result import RunResult, StepState
from dq_monitor.pipeline.run import run_pipeline
from dq_monitor.tables.delta import dataset_at

NOW = datetime(2013, 1, 2, 11, tzinfo=UTC)
RUN = Run(key="2013-01-01", now=NOW, day=date(2013, 1, 1), parameters={"landing": "/in"})


@dataclass
class Warehouse:
    """Tables and gate in memory: rows with the write that brought them, and the outcomes."""

    rows: dict[str, list[tuple[str, pl.DataFrame]]] = field(default_factory=dict)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    statuses: dict[str, Status] = field(default_factory=dict)
    rejects: set[str] = field(default_factory=set)
    unguarded: set[str] = field(default_factory=set)
    writes: list[Write] = field(default_factory=list)

    def uri(self, table: str) -> str:
        return f"memory://house/{table}"

    def exists(self, table: str) -> bool:
        return table in self.rows

    def scan(self, table: str, version: int | None = None) -> pl.LazyFrame:
        return pl.concat([frame for _, frame in self.rows[table][: (version or 0) + 1]]).lazy()

    def scan_write(self, table: str, write_id: str) -> pl.LazyFrame:
        return next(frame for by, frame in self.rows[table] if by == write_id).lazy()

    def dataset(self, table: str) -> Dataset:
        version = len(self.rows[table]) - 1 if table in self.rows else None
        return dataset_at(self.uri(table), table, "delta", version)

    def is_guarded(self, table: str) -> bool:
        return table not in self.unguarded

    def settled(self, write_id: str) -> Outcome | None:
        known = self.outcomes.get(write_id)
        return replace(known, replayed=True) if known else None

    def write(self, write: Write) -> Outcome:
        frame = write.frame.collect()
        self.writes.append(write)
        decision = Decision.REJECT if write.table in self.rejects else Decision.COMMIT
        status = self.statuses.get(write.table, Status.PASS)
        verdict = Verdict(
            id="v",
            subject=write.write_id,
            table=write.table,
            pack=write.table,
            fingerprint="f",
            status=status,
            decision=decision,
            counts=Counts(frame.height, frame.height),
            judged_at=write.now,
            reasons=("too many rows failed",) if decision is Decision.REJECT else (),
        )
        # The real gate gives a refused batch another id when its rules have changed.
        write_id = f"{write.write_id} again" if write.write_id in self.outcomes else write.write_id
        if decision is Decision.COMMIT:
            self.rows.setdefault(write.table, []).append((write_id, frame))
        outcome = Outcome(write_id, write.table, decision, verdict, 0)
        self.outcomes[write_id] = outcome
        return outcome


@dataclass
class Log:
    events: list[Event] = field(default_factory=list)

    def append(self, event: Event) -> int:
        self.events.append(event)
        return len(self.events)

    def read(self, after: int, limit: int = 100) -> list[Recorded]:
        return [Recorded(i + 1, e) for i, e in enumerate(self.events)][after : after + limit]

    def write_events(self, write_id: str) -> list[Event]:
        return []

    def open_writes(self) -> list[str]:
        return []


class Landing:
    """A source that answers with one row for each path, or says that it is not there."""

    def __init__(self, missing: str = "nothing") -> None:
        self.missing = missing

    def scan(self, path: str, options: Mapping[str, object]) -> pl.LazyFrame:
        if self.missing in path:
            raise SourceMissing(path, fix="deliver it")
        return pl.LazyFrame({"path": [path], "delay": [5]})


def delivered(rows: pl.LazyFrame, run: Run) -> pl.LazyFrame:
    return rows.with_columns(day=pl.lit(run.day))


def typed(rows: pl.LazyFrame) -> pl.LazyFrame:
    return rows.with_columns(pl.col("delay").cast(pl.Int64))


def daily() -> Pipeline:
    return Pipeline(
        "daily",
        (
            Step("bronze.flights", {"rows": file("{landing}/flights/{day}.csv")}, delivered),
            Step("silver.flights", {"rows": new_rows("bronze.flights")}, typed),
            Step("gold.days", {"f": table("silver.flights")}, sql="select sum(delay) d from f"),
            Step("bronze.planes", {"rows": file("{landing}/planes.csv")}, delivered),
        ),
    )


def go(house: Warehouse, log: Log, *, missing: str = "nothing", **options: Any) -> RunResult:
    pipeline = options.pop("pipeline", None) or daily()
    run = options.pop("run", RUN)
    return run_pipeline(
        pipeline,
        run,
        gate=house,
        tables=house,
        log=log,
        sources=lambda kind: Landing(missing),
        **options,
    )


def states(result: RunResult) -> dict[str, str]:
    return {step.step: step.state.value for step in result.steps}


def test_every_step_is_written_in_order_with_its_origin() -> None:
    house, log = Warehouse(), Log()
    result = go(house, log)
    assert states(result) == dict.fromkeys(
        ("bronze.flights", "silver.flights", "gold.days", "bronze.planes"), "committed"
    )
    assert result.exit_code is ExitCode.GOOD
    silver = house.writes[1]
    assert silver.origin.job == "daily.silver.flights"
    assert silver.origin.inputs == (
        Dataset("bronze.flights", "memory://house", "bronze.flights", version=0),
    )
    assert silver.origin.day == date(2013, 1, 1)
    assert silver.origin.parent_run_id == run_id("daily", "daily", RUN)
    assert house.writes[2].origin.sql == "select sum(delay) d from f"
    assert [type(event) for event in log.events] == [StepStarted] * 4


def test_the_same_key_again_changes_nothing() -> None:
    house, log = Warehouse(), Log()
    go(house, log)
    again = go(house, log, run=replace(RUN, now=datetime(2013, 1, 3, tzinfo=UTC)))
    assert all(step.replayed for step in again.steps)
    assert (len(house.writes), len(log.events)) == (4, 4)


def test_another_key_reads_only_its_own_new_rows() -> None:
    house, log = Warehouse(), Log()
    go(house, log, only=("bronze.flights", "silver.flights"))
    later = replace(RUN, key="2013-01-02", day=date(2013, 1, 2))
    go(house, log, only=("bronze.flights", "silver.flights"), run=later)
    assert house.rows["silver.flights"][1][1]["path"].to_list() == ["/in/flights/2013-01-02.csv"]
    assert house.scan("bronze.flights", 1).collect().height == 2


def test_a_rejected_write_stops_what_depends_on_it_and_nothing_else() -> None:
    house, log = Warehouse(rejects={"bronze.flights"}), Log()
    result = go(house, log)
    assert states(result) == {
        "bronze.flights": "rejected",
        "silver.flights": "skipped",
        "gold.days": "skipped",
        "bronze.planes": "committed",
    }
    assert [s.cause for s in result.steps][:3] == [
        "too many rows failed",
        "bronze.flights was rejected",
        "silver.flights was skipped",
    ]
    assert result.exit_code is ExitCode.DATA_FAILED


def test_every_table_without_rules_is_named_before_anything_runs() -> None:
    house, log = Warehouse(unguarded={"gold.days", "bronze.planes"}), Log()
    with pytest.raises(PackMissing) as refused:
        go(house, log)
    assert set(refused.value.detail.split(", ")) == {"gold.days", "bronze.planes"}
    assert log.events == []


def test_a_refused_batch_is_judged_again() -> None:
    house, log = Warehouse(rejects={"bronze.flights"}), Log()
    go(house, log)
    assert states(go(house, log))["bronze.flights"] == "rejected"
    house.rejects = set()
    result = go(house, log)
    assert set(states(result).values()) == {"committed"}
    assert [step.replayed for step in result.steps] == [False, False, False, True]


def test_a_missing_file_breaks_its_step_with_the_sources_own_words() -> None:
    house, log = Warehouse(), Log()
    result = go(house, log, missing="planes")
    assert states(result)["bronze.planes"] == "broke"
    assert states(result)["gold.days"] == "committed"
    broke = log.events[-1]
    assert isinstance(broke, StepBroke)
    assert "/in/planes.csv" in broke.error
    assert result.exit_code is ExitCode.USED_WRONGLY


def boom(rows: pl.LazyFrame) -> pl.LazyFrame:
    raise ZeroDivisionError("no rows to divide by")


def late_boom(rows: pl.LazyFrame) -> pl.LazyFrame:
    return rows.select("no_such_column")


def eager(rows: pl.LazyFrame) -> pl.DataFrame:
    return rows.collect()


@pytest.mark.parametrize(
    ("transform", "words"),
    [
        (boom, ("step 'silver.x' (test_pipeline_run.py:", "ZeroDivisionError: no rows to divide")),
        (partial(boom), ("step 'silver.x': ZeroDivisionError: no rows to divide",)),
        (late_boom, ("step 'silver.x'", "ColumnNotFoundError", "no_such_column")),
        (eager, ("returned DataFrame, not a LazyFrame",)),
    ],
)
def test_a_mistake_in_a_step_is_told_without_a_traceback(
    transform: Callable[..., Any], words: tuple[str, ...]
) -> None:
    pipeline = Pipeline("p", (Step("silver.x", {"rows": file("x.csv")}, transform),))
    result = go(Warehouse(), Log(), pipeline=pipeline)
    assert result.steps[0].state is StepState.BROKE
    assert result.exit_code is ExitCode.BROKE
    for word in words:
        assert word in result.steps[0].cause


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (Status.PASS, ExitCode.GOOD),
        (Status.WARN, ExitCode.GOOD),
        (Status.FAIL, ExitCode.DATA_FAILED),
        (Status.ERROR, ExitCode.DATA_FAILED),
    ],
)
def test_warnings_are_good_and_failures_are_not(status: Status, code: ExitCode) -> None:
    house = Warehouse(statuses={"bronze.planes": status})
    assert go(house, Log()).exit_code is code


def test_a_step_alone_needs_its_batch_to_be_there() -> None:
    house, log = Warehouse(), Log()
    with pytest.raises(PipelineInvalid, match=r"--from bronze\.flights"):
        go(house, log, only=("silver.flights",))
    go(house, log, only=("bronze.flights",))
    assert states(go(house, log, only=("silver.flights",))) == {"silver.flights": "committed"}


def test_a_step_alone_does_not_run_on_a_batch_that_was_rejected_before() -> None:
    house, log = Warehouse(rejects={"bronze.flights"}), Log()
    go(house, log, only=("bronze.flights",))
    result = go(house, log, only=("silver.flights",))
    assert states(result) == {"silver.flights": "skipped"}


def test_from_runs_the_step_and_what_depends_on_it() -> None:
    house, log = Warehouse(), Log()
    go(house, log, only=("bronze.flights",))
    result = go(house, log, start_from=("silver.flights",))
    assert list(states(result)) == ["silver.flights", "gold.days"]


def test_a_table_that_was_never_written_is_told_before_anything_runs() -> None:
    house, log = Warehouse(), Log()
    with pytest.raises(PipelineInvalid, match=r"'silver.flights', which has not been written"):
        go(house, log, only=("bronze.flights", "gold.days"))
    assert (house.writes, log.events) == ([], [])


def test_a_path_that_names_something_unknown_is_told_before_anything_runs() -> None:
    with pytest.raises(PipelineInvalid, match="has no 'landing'"):
        go(Warehouse(), Log(), run=replace(RUN, parameters={}))


def test_progress_is_told_before_and_after_each_step() -> None:
    told: list[tuple[str, bool]] = []
    go(
        Warehouse(),
        Log(),
        only=("bronze.planes",),
        on_progress=lambda step, result: told.append((step, result is not None)),
    )
    assert told == [("bronze.planes", False), ("bronze.planes", True)]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("{landing}/flights/{day}.csv", Dataset("in/flights", "file", "/in/flights", "csv")),
        ("{landing}/planes.csv", Dataset("in/planes.csv", "file", "/in/planes.csv", "csv")),
        ("s3://lake/in/{key}.csv", Dataset("lake/in", "s3://lake", "in", "csv")),
    ],
)
def test_a_folder_of_daily_files_is_one_dataset(path: str, expected: Dataset) -> None:
    assert file_dataset(file(path), RUN) == expected
