"""The facts in the event log, in the past tense: the only place where movements meet."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from dq_monitor.model.care import Done
from dq_monitor.model.difference import Difference
from dq_monitor.model.metric import Metric
from dq_monitor.model.profile import Profile
from dq_monitor.model.quarantine import HeldRows, Release, RowState
from dq_monitor.model.rollback import Rollback
from dq_monitor.model.table import Upsert, WriteMode
from dq_monitor.model.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Dataset:
    """A table as OpenLineage names it, with its logical name (`silver.flights`) beside.

    `namespace` and `path` follow the OpenLineage naming spec (`file` and an absolute path,
    `s3://bucket` and a key). `format` is `delta`, `csv`, `parquet`. `version` is the Delta version
    that was read, where there is one.
    """

    name: str
    namespace: str
    path: str
    format: str = "delta"
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """Which step of which run wrote: what lineage needs to know about a write.

    `run_id` is the step's own run (a UUID), `parent_run_id` the pipeline's; `day` is the day whose
    data this is (OpenLineage's nominal time), `key` its batch's name in the pipeline, `release`
    given where rows come from quarantine.
    """

    job: str
    run_id: str
    pipeline: str = ""
    parent_run_id: str = ""
    inputs: tuple[Dataset, ...] = ()
    output: Dataset | None = None
    day: date | None = None
    sql: str = ""
    release: Release | None = None
    key: str = ""


@dataclass(frozen=True, slots=True)
class UnreadableFile:
    """An input that could not be read, kept by reference: where it lies, and what it held.

    `size` is in bytes; `sha256` is empty where nobody could read that much of it.
    """

    path: str
    size: int
    sha256: str
    reason: str


@dataclass(frozen=True, slots=True)
class StepStarted:
    """A step began to work on its batch."""

    origin: Origin
    at: datetime
    type: Literal["step_started"] = "step_started"


@dataclass(frozen=True, slots=True)
class StepBroke:
    """A step raised an error before its batch could be judged: nothing was written.

    `differences` are those for which the contract was broken, with those that would have passed.
    `unreadable` is the input file that stays outside, as it was delivered.
    """

    origin: Origin
    table: str
    at: datetime
    error: str
    differences: tuple[Difference, ...] = ()
    unreadable: UnreadableFile | None = None
    type: Literal["step_broke"] = "step_broke"


@dataclass(frozen=True, slots=True)
class WriteStarted:
    """A write announced itself: from here on `recover()` owns it until it has an outcome.

    `digest` is that of the batch's content, where it is known.
    """

    write_id: str
    table: str
    mode: WriteMode
    pack: str
    fingerprint: str
    staging: str
    at: datetime
    origin: Origin
    partition_by: tuple[str, ...] = ()
    digest: str = ""
    type: Literal["write_started"] = "write_started"


@dataclass(frozen=True, slots=True)
class WriteJudged:
    """A batch was judged; nothing has been made visible yet.

    `base` is the version of the table that the verdict rests on, where it rests on one.
    `differences` are those of its columns from the contract and the table. `held` counts the rows
    that go to quarantine, in all and by rule. `retries` is the attempt at the same batch that was
    rejected before. `upsert` is how it merges, where it does.
    """

    write_id: str
    table: str
    at: datetime
    verdict: Verdict
    origin: Origin
    metrics: tuple[Metric, ...] = ()
    profile: Profile | None = None
    base: int | None = None
    differences: tuple[Difference, ...] = ()
    held: tuple[HeldRows, ...] = ()
    retries: str = ""
    upsert: Upsert | None = None
    type: Literal["write_judged"] = "write_judged"


@dataclass(frozen=True, slots=True)
class BatchCommitted:
    """The kept rows became visible as `version` of the table."""

    write_id: str
    table: str
    version: int
    at: datetime
    quarantine_version: int | None = None
    recovered: bool = False
    type: Literal["batch_committed"] = "batch_committed"


@dataclass(frozen=True, slots=True)
class WriteRejected:
    """A batch was refused as a whole; the table is as it was."""

    write_id: str
    table: str
    at: datetime
    reasons: tuple[str, ...]
    quarantine_version: int | None = None
    recovered: bool = False
    type: Literal["write_rejected"] = "write_rejected"


@dataclass(frozen=True, slots=True)
class WriteAbandoned:
    """A write was given up before its outcome; its staging is gone, its batch can be sent again.

    `reason` is given where nothing more will come of it.
    """

    write_id: str
    table: str
    at: datetime
    reason: str = ""
    type: Literal["write_abandoned"] = "write_abandoned"


@dataclass(frozen=True, slots=True)
class TableAudited:
    """A table that nobody wrote to was looked at: its freshness, or all its rules."""

    audit_id: str
    table: str
    at: datetime
    verdict: Verdict
    metrics: tuple[Metric, ...] = ()
    scope: Literal["freshness", "full"] = "full"
    type: Literal["table_audited"] = "table_audited"


@dataclass(frozen=True, slots=True)
class ResultsImported:
    """What another tool found about a table came into its metric history.

    `metrics` are of when the tool ran, `at` is when they came.
    """

    import_id: str
    table: str
    at: datetime
    tool: str
    metrics: tuple[Metric, ...] = ()
    type: Literal["results_imported"] = "results_imported"


@dataclass(frozen=True, slots=True)
class TableMaintained:
    """A table, or the quarantine of one, was taken care of; none of its rows has changed."""

    care_id: str
    table: str
    at: datetime
    done: tuple[Done, ...] = ()
    metrics: tuple[Metric, ...] = ()
    type: Literal["table_maintained"] = "table_maintained"


@dataclass(frozen=True, slots=True)
class RowsMoved:
    """Rows that wait in quarantine came to another state, or fail by other rules than before.

    `of` is the write that they came with. `held` counts them by the rules that held them until now;
    `now` by those that hold them from here on, where they stay `open`. `version` is that of the
    table they went into.
    """

    move_id: str
    table: str
    of: str
    at: datetime
    to: RowState
    held: tuple[HeldRows, ...]
    now: tuple[HeldRows, ...] = ()
    by: str = ""
    why: str = ""
    version: int | None = None
    type: Literal["rows_moved"] = "rows_moved"


@dataclass(frozen=True, slots=True)
class QuarantineLost:
    """Files of refused rows went away before they were committed: these rows are gone."""

    write_id: str
    table: str
    rows: int
    at: datetime
    type: Literal["quarantine_lost"] = "quarantine_lost"


@dataclass(frozen=True, slots=True)
class RollbackStarted:
    """A rollback announced itself: like a write, `recover()` owns it until it has an outcome."""

    rollback_id: str
    table: str
    at: datetime
    rollback: Rollback
    type: Literal["rollback_started"] = "rollback_started"


@dataclass(frozen=True, slots=True)
class TableRolledBack:
    """A table became, as `version`, what it was before: what came between is undone."""

    rollback_id: str
    table: str
    version: int
    at: datetime
    rollback: Rollback
    dataset: Dataset | None = None
    recovered: bool = False
    type: Literal["table_rolled_back"] = "table_rolled_back"


Event = (
    StepStarted
    | StepBroke
    | WriteStarted
    | WriteJudged
    | BatchCommitted
    | WriteRejected
    | WriteAbandoned
    | TableAudited
    | ResultsImported
    | TableMaintained
    | RowsMoved
    | QuarantineLost
    | RollbackStarted
    | TableRolledBack
)


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event and its place in the log; `seq` only grows."""

    seq: int
    event: Event = field(compare=True)
