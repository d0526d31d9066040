"""The facts in the event log, in the past tense: the only place where movements meet."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from dq_monitor.model.metric import Metric
from dq_monitor.model.profile import Profile
from dq_monitor.model.rollback import Rollback
from dq_monitor.model.table import WriteMode
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
    data this is (OpenLineage's nominal time), `key` the name of the batch in its pipeline.
    """

    job: str
    run_id: str
    pipeline: str = ""
    parent_run_id: str = ""
    inputs: tuple[Dataset, ...] = ()
    output: Dataset | None = None
    day: date | None = None
    sql: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class StepStarted:
    """A step began to work on its batch."""

    origin: Origin
    at: datetime
    type: Literal["step_started"] = "step_started"


@dataclass(frozen=True, slots=True)
class StepBroke:
    """A step raised an error before its batch could be judged: nothing was written."""

    origin: Origin
    table: str
    at: datetime
    error: str
    type: Literal["step_broke"] = "step_broke"


@dataclass(frozen=True, slots=True)
class WriteStarted:
    """A write announced itself: from here on `recover()` owns it until it has an outcome."""

    write_id: str
    table: str
    mode: WriteMode
    pack: str
    fingerprint: str
    staging: str
    at: datetime
    origin: Origin
    partition_by: tuple[str, ...] = ()
    type: Literal["write_started"] = "write_started"


@dataclass(frozen=True, slots=True)
class WriteJudged:
    """A batch was judged; nothing has been made visible yet.

    `base` is the version of the table that the verdict rests on, where it rests on one.
    """

    write_id: str
    table: str
    at: datetime
    verdict: Verdict
    origin: Origin
    metrics: tuple[Metric, ...] = ()
    profile: Profile | None = None
    base: int | None = None
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
    | RollbackStarted
    | TableRolledBack
)


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event and its place in the log; `seq` only grows."""

    seq: int
    event: Event = field(compare=True)
