"""A pack as it is written: the typed models that the loader and the editors' schema share."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from dq_monitor.errors import PackInvalid
from dq_monitor.model.care import LONGEST_KEEP, SHORTEST_KEEP, Care, Compaction, Vacuum
from dq_monitor.model.pack import Evolution, OnEmpty, OnExtra, OnMismatch
from dq_monitor.model.storage import LEVELS, Codec
from dq_monitor.model.table import QUARANTINE, STATES, layer_of
from dq_monitor.packs.dtypes import storable
from dq_monitor.packs.limits import Duration, RowsLimit, Size
from dq_monitor.packs.report import shown
from dq_monitor.registry import suggest
from dq_monitor.schedule import trigger

NAME_PATTERN = r"^[A-Za-z0-9_][A-Za-z0-9_\-]*(\.[A-Za-z0-9_][A-Za-z0-9_\-]*)*$"
CRON_FIELDS = 5


def _name(text: str) -> str:
    # The name becomes a folder of the warehouse: nothing in it may lead elsewhere.
    if not re.fullmatch(NAME_PATTERN, text):
        raise ValueError(
            f"{text[:40]!r} is no table name: write it as layer.name, with letters, digits, "
            "`_` and `-`"
        )
    if layer_of(text) in {QUARANTINE, STATES}:
        raise ValueError(f"{layer_of(text)}.* is where refused rows go: choose another layer")
    return text


def _timezone(text: str) -> str:
    try:
        return ZoneInfo(text).key
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        near = suggest(text[:40], available_timezones())
        known = near if near.startswith("did") else "such as UTC or America/New_York"
        raise ValueError(f"{text[:40]!r} is no timezone ({known})") from error


def _cron(text: str) -> str:
    try:
        if len(text.split()) == CRON_FIELDS:
            trigger(text)
            return text
    except PackInvalid:
        pass
    raise ValueError(
        f"{text[:40]!r} is no cron expression: write minute, hour, day, month and weekday, "
        "such as '0 6 * * *'"
    )


def _keep(span: timedelta) -> timedelta:
    if not SHORTEST_KEEP <= span <= LONGEST_KEEP:
        raise ValueError(
            f"must be between {SHORTEST_KEEP.days}d and {LONGEST_KEEP.days}d: shorter takes files "
            "from readers that run now, longer is more than Delta remembers"
        )
    return span


def _sampled(value: Any) -> Any:
    if isinstance(value, list | dict):
        # Pydantic tells a ValueError to the user and lets a TypeError through.
        raise ValueError(f"must be a plain value, not {shown(value)}")  # noqa: TRY004
    return value


Name = Annotated[str, AfterValidator(_name), Field(json_schema_extra={"pattern": NAME_PATTERN})]
Filled = Annotated[str, Field(min_length=1)]
Cron = Annotated[str, AfterValidator(_cron)]
Cell = Annotated[str | int | float | bool | None, BeforeValidator(_sampled)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ColumnShape(_Part):
    """What a column must be."""

    type: Annotated[str, AfterValidator(storable)] = Field(
        description="type of the column, such as string, int64, float64, date, datetime"
    )
    nullable: bool = Field(default=True, description="whether the column may hold nulls")
    unit: str = Field(default="", description="what the numbers count, such as minutes")
    description: str = Field(default="", description="what the column means")
    on_mismatch: OnMismatch | None = Field(
        default=None,
        description="what happens when it comes in another type; the default is the contract's",
    )


class ContractShape(_Part):
    """What the table promises to its readers."""

    model: Filled | None = Field(
        default=None,
        description="an installed pandera model: name of its entry point in `dq_monitor.models`",
    )
    evolution: Evolution = Field(
        default=Evolution.ADDITIVE, description="which changes of schema a write may bring"
    )
    on_extra: OnExtra = Field(
        default=OnExtra.KEEP, description="what happens to columns that the contract does not name"
    )
    on_mismatch: OnMismatch = Field(
        default=OnMismatch.REJECT,
        description="what happens to columns that come in a type which does not fit",
    )
    columns: dict[Filled, ColumnShape] = Field(default={}, description="the columns by name")


class GateShape(_Part):
    """When a batch as a whole is refused."""

    max_quarantined: RowsLimit | None = Field(
        default=None,
        description="above this many quarantined rows, or this share, the batch is rejected",
    )
    on_empty: OnEmpty = Field(default=OnEmpty.PASS, description="what an empty batch means")


class QuarantineShape(_Part):
    """How long refused rows are kept."""

    keep_for: Duration | None = Field(
        default=None,
        description="rows that were refused longer ago are forgotten; never unless set",
    )


class StorageShape(_Part):
    """How the table's files are written."""

    compression: Codec = Field(default=Codec.ZSTD, description="how the files are compressed")
    level: Annotated[int, Field(ge=0)] | None = Field(
        default=None, description="how hard zstd (1 to 22) or gzip (0 to 9) tries"
    )
    max_rows_per_file: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="a batch with more rows is written to several files"
    )

    @model_validator(mode="after")
    def _possible(self) -> StorageShape:
        levels = LEVELS.get(self.compression)
        if self.level is None:
            return self
        if levels is None:
            raise ValueError(f"{self.compression.value} has no levels: leave `level` out")
        if self.level not in levels:
            raise ValueError(
                f"level {self.level}: {self.compression.value} has levels"
                f" {levels.start} to {levels.stop - 1}"
            )
        return self


class FreshnessShape(_Part):
    """How old the newest row may be before someone is told."""

    column: Filled = Field(description="the column that says when a row happened")
    warn_after: Duration | None = Field(
        default=None, description="warn when the newest row is older"
    )
    error_after: Duration | None = Field(
        default=None, description="fail when the newest row is older"
    )

    @model_validator(mode="after")
    def _useful(self) -> FreshnessShape:
        if self.warn_after is None and self.error_after is None:
            raise ValueError("needs `warn_after` or `error_after`, such as warn_after: 26h")
        if self.warn_after and self.error_after and self.warn_after >= self.error_after:
            raise ValueError("warn_after must be shorter than error_after, or it is never seen")
        return self


class ScheduleShape(_Part):
    """When the scheduler looks at the table: cron expressions in UTC."""

    freshness: Cron = Field(default="*/15 * * * *", description="when freshness is checked")
    audit: Cron | None = Field(
        default=None, description="when all rules are checked over the whole table"
    )


class CompactShape(_Part):
    """When small files become large ones."""

    min_files: Annotated[int, Field(ge=2)] = Field(
        default=Compaction().min_files,
        description="how many small files a partition must have",
    )
    target_size: Size = Field(
        default=Compaction().target_size, description="about how large a file becomes"
    )


class VacuumShape(_Part):
    """How long files stay that the table has replaced."""

    keep: Annotated[Duration, AfterValidator(_keep)] = Field(
        default=Vacuum().keep, description="how far back past versions can be read: 1d to 365d"
    )


class CareShape(_Part):
    """How `dqm serve` keeps the table in shape."""

    at: Cron = Field(default=Care().at, description="when: a cron expression in UTC")
    compact: CompactShape = Field(
        default=CompactShape(), description="when small files become large ones"
    )
    zorder: tuple[Filled, ...] = Field(
        default=(),
        description="columns that compacted rows are sorted by, so that a search reads few files",
        max_length=4,
    )
    vacuum: VacuumShape = Field(
        default=VacuumShape(), description="how long files stay that the table has replaced"
    )
    checkpoint_every: Annotated[int, Field(ge=1, le=10_000)] = Field(
        default=Care().checkpoint_every, description="commits after which the log is summed up"
    )
    sweep_after: Duration = Field(
        default=Care().sweep_after,
        description="how old a file must be that a write has left behind",
    )


class TestShape(_Part):
    """A unit test of the pack: these rows, and how many of them fail which rule."""

    name: Filled = Field(description="what the test shows")
    rows: tuple[dict[Filled, Cell], ...] = Field(description="the rows; a missing column is null")
    fails: dict[Filled, Annotated[int, Field(ge=0)]] = Field(
        default={}, description="rule id: how many of the rows fail it; rules not named fail none"
    )


class PackShape(_Part):
    """All that guards one table."""

    table: Name = Field(description="the table that the pack guards, as layer.name")
    pack: Name | None = Field(
        default=None, description="name of the pack; the default is the table's"
    )
    owner: str = Field(default="", description="who answers for the table")
    description: str = Field(default="", description="what the table holds")
    notify: tuple[Filled, ...] = Field(default=(), description="channels of dqm.toml that are told")
    timezone: Annotated[str, AfterValidator(_timezone)] = Field(
        default="UTC", description="how timestamps without a zone are read"
    )
    partition_by: tuple[Filled, ...] = Field(
        default=(), description="columns that part the table's files"
    )
    storage: StorageShape = Field(
        default=StorageShape(), description="how the table's files are written"
    )
    contract: ContractShape = Field(default=ContractShape(), description="what the columns must be")
    gate: GateShape = Field(default=GateShape(), description="when a batch as a whole is refused")
    quarantine: QuarantineShape = Field(
        default=QuarantineShape(), description="what becomes of refused rows"
    )
    rules: tuple[Any, ...] = Field(default=(), description="what is asked of every write")
    freshness: FreshnessShape | None = Field(
        default=None, description="how old the newest row may be"
    )
    schedule: ScheduleShape = Field(
        default=ScheduleShape(), description="when the table is looked at"
    )
    care: CareShape | None = Field(
        default=None, description="how the table is kept in shape; never unless given"
    )
    tests: tuple[TestShape, ...] = Field(
        default=(), description="unit tests of the pack, for `dqm test`"
    )
