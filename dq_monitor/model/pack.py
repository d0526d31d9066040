"""A rule pack: all that guards one table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any

from dq_monitor.model.care import Care
from dq_monitor.model.rule import Limit, Rule
from dq_monitor.model.storage import Storage


class Evolution(StrEnum):
    """Which changes of schema a write may bring."""

    STRICT = "strict"
    ADDITIVE = "additive"
    ANY = "any"


class OnExtra(StrEnum):
    """What happens to a column that the contract does not name."""

    KEEP = "keep"
    DROP = "drop"
    REJECT = "reject"
    RESCUE = "rescue"


class OnMismatch(StrEnum):
    """What happens to a column of the contract that comes in a type which does not fit."""

    REJECT = "reject"
    DROP = "drop"
    RESCUE = "rescue"


class OnEmpty(StrEnum):
    """What an empty batch means."""

    PASS = "pass"
    WARN = "warn"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class ColumnContract:
    """What a column must be. `type` is a Polars type name in lower case (`int64`, `string`).

    `on_mismatch` is the contract's where it is None.
    """

    type: str
    nullable: bool = True
    unit: str = ""
    description: str = ""
    on_mismatch: OnMismatch | None = None


@dataclass(frozen=True, slots=True)
class Contract:
    """The columns a table promises to its readers."""

    columns: Mapping[str, ColumnContract] = field(default_factory=dict)
    evolution: Evolution = Evolution.ADDITIVE
    on_extra: OnExtra = OnExtra.KEEP
    on_mismatch: OnMismatch = OnMismatch.REJECT


@dataclass(frozen=True, slots=True)
class GatePolicy:
    """When a batch as a whole is refused, whatever its single rules say."""

    max_quarantined: Limit | None = None
    on_empty: OnEmpty = OnEmpty.PASS


@dataclass(frozen=True, slots=True)
class QuarantinePolicy:
    """How long refused rows are kept; for ever when `keep_for` is not set."""

    keep_for: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Freshness:
    """How old the newest value of `column` may be before someone is told."""

    column: str
    warn_after: timedelta | None = None
    error_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Schedule:
    """When the scheduler looks at a table nobody writes to: cron expressions in UTC."""

    freshness: str = "*/15 * * * *"
    audit: str | None = None


@dataclass(frozen=True, slots=True)
class PackTest:
    """A unit test that travels in the pack: these rows, and how many of them fail each rule."""

    name: str
    rows: tuple[Mapping[str, Any], ...]
    fails: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Pack:
    """All rules of one table. `fingerprint` is the SHA-256 of the normalised content."""

    name: str
    table: str
    fingerprint: str
    file: str = ""
    owner: str = ""
    description: str = ""
    notify: tuple[str, ...] = ()
    timezone: str = "UTC"
    partition_by: tuple[str, ...] = ()
    storage: Storage = field(default_factory=Storage)
    contract: Contract = field(default_factory=Contract)
    gate: GatePolicy = field(default_factory=GatePolicy)
    quarantine: QuarantinePolicy = field(default_factory=QuarantinePolicy)
    rules: tuple[Rule, ...] = ()
    freshness: Freshness | None = None
    schedule: Schedule = field(default_factory=Schedule)
    tests: tuple[PackTest, ...] = ()
    care: Care | None = None
