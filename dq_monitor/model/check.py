"""A check is a question about a table: each row, or the table, answers yes, no or unknown.

One file in `dq_monitor/checks/` holds one check: a frozen dataclass whose fields are the
parameters in YAML and which keeps one of the three protocols below.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, ClassVar, Protocol, runtime_checkable

import narwhals.stable.v2 as nw

from dq_monitor.model.metric import Metric
from dq_monitor.model.statistics import Statistics
from dq_monitor.model.view import View

# Stands in the JSON schema of a parameter that takes a row check: a rule within a rule.
ROW_CHECK = "x-row-check"
ENGINES = ("polars", "duckdb", "spark", "postgres", "clickhouse")


class Kind(StrEnum):
    """What answers: each row, its key among all keys, the table as a whole, or its past."""

    ROW = "row"
    SET = "set"
    TABLE = "table"
    HISTORY = "history"


class Family(StrEnum):
    """What a check is about, for people who look for one; in the order in which they are listed."""

    COMPLETENESS = "completeness"
    UNIQUENESS = "uniqueness"
    VALUES = "values"
    TEXT = "text"
    TIME = "time"
    SCHEMA = "schema"
    AGGREGATES = "aggregates"
    DISTRIBUTION = "distribution"
    TABLES = "tables"
    HISTORY = "history"
    OPERATIONS = "operations"


class Measures(StrEnum):
    """What the number of a check means: it decides which thresholds a rule may set.

    `violations` trips above 0 unless the rule says otherwise; an `age` is in seconds and held
    against durations; a `size` is in bytes and held against sizes such as 128MB; a `score` is a
    distance from the past, held against `beyond`; a `change` since then against any bounds.
    """

    VALUE = "value"
    VIOLATIONS = "violations"
    AGE = "age"
    SIZE = "size"
    SCORE = "score"
    CHANGE = "change"


class Merge(StrEnum):
    """How two partial values of an aggregate become one, so that files can be added up.

    `NONE` says that they cannot: a median of two medians is none. Such a rule is asked of all rows.
    """

    SUM = "sum"
    MIN = "min"
    MAX = "max"
    NONE = "none"


class Stored(StrEnum):
    """Which stored rows a set check on the table's own rows wants beside the batch.

    `RANGE`: those whose keys lie within the range of the batch's, as equal keys can only be there.
    `ALL`: every row, for questions about neighbours. `NONE`: the batch alone is asked.
    """

    RANGE = "range"
    ALL = "all"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Aggregate:
    """One mergeable part of a table check's state: a reducing expression and how parts merge."""

    expr: nw.Expr
    merge: Merge = Merge.SUM


@dataclass(frozen=True, slots=True)
class Measure:
    """What a table check measured; None when there is no value (no rows). `note` says of what."""

    value: float | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Reference:
    """Another guarded table that a check is held against, and the columns that are read there.

    A set check sees them under the names of its own columns, in the same order; a query check sees
    the whole table as it is.
    """

    table: str
    columns: tuple[str, ...] = ()


class Check(Protocol):
    """What every check has, whichever its kind.

    `shorthand` is the parameter that a bare value in YAML stands for; `each` says that a list makes
    one rule for each entry. `aliases` are the names that other tools give to the same question; the
    loader names the check when somebody types one. `engines` are those that can run it; empty means
    all. `family` is where people look for it, `fault` in a word what it refuses: `not in set`.
    `foretold_by` says which statistics of a file answer it without a look at the rows;
    `reads_rows` is false where the rows do not matter, only the schema or the files.
    """

    kind: ClassVar[Kind]
    fault: ClassVar[str]
    family: ClassVar[Family]
    shorthand: ClassVar[str]
    each: ClassVar[bool]
    aliases: ClassVar[tuple[str, ...]]
    measures: ClassVar[Measures]
    engines: ClassVar[tuple[str, ...]]
    foretold_by: ClassVar[Statistics]
    reads_rows: ClassVar[bool]

    def columns(self) -> tuple[str, ...]:
        """Return the columns the check reads, in the order of its parameters."""
        ...


class RowCheck(Check, Protocol):
    """A question that each row answers by itself."""

    def passes(self, view: View) -> nw.Expr:
        """Return a boolean expression: true passes, false fails, null is unknown."""
        ...


class SetCheck(Check, Protocol):
    """A question about a row's key among other keys.

    `null_keys` says what a row counts as whose key has a null or NaN part, unless the rule says it.
    `only_repeats` says that no key fails unless it occurs twice: distinct hashes then settle it.
    """

    stored: ClassVar[Stored]
    only_repeats: ClassVar[bool]
    null_keys: ClassVar[str]

    def reference(self) -> Reference | None:
        """Return where the other keys live; None means the guarded table itself."""
        ...

    def failing(
        self, keys: nw.LazyFrame[Any], others: nw.LazyFrame[Any] | None
    ) -> nw.LazyFrame[Any]:
        """Return the distinct keys that fail.

        `keys` holds the batch's key columns (rows with a null key already left out), `others` the
        keys it is held against under the same column names: the stored rows for a check on the
        table itself (None when there are none), the referenced table's otherwise.
        """
        ...


class TableCheck(Check, Protocol):
    """A question that the table answers as a whole, from a state that merges over files."""

    def aggregates(self, view: View) -> Mapping[str, Aggregate]:
        """Return the parts of the state, each one reducing expression; empty for pure metadata."""
        ...

    def measure(self, state: Mapping[str, Any], view: View) -> Measure:
        """Return the value the thresholds are held against, from the merged state."""
        ...


@runtime_checkable
class MergingCheck(Protocol):
    """A table check whose parts only merge together, such as the moments of a distribution."""

    def merge(self, one: Mapping[str, Any], other: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the state of both; the parts of no rows are null or 0."""
        ...


@runtime_checkable
class QueryCheck(Check, Protocol):
    """A table check that needs more than one reduction: groups, joins, another table.

    It has no mergeable state, so it is always asked of all rows that it is about.
    """

    def reference(self) -> Reference | None:
        """Return the other table that is read, if there is one."""
        ...

    def query(
        self, rows: nw.LazyFrame[Any], others: nw.LazyFrame[Any] | None, view: View
    ) -> nw.LazyFrame[Any]:
        """Return a frame of exactly one row, whose columns are the state for `measure`.

        `rows` are those that the rule is asked of, with all their columns. `others` is the
        referenced table; None when there is no reference. Raises ValueError as `aggregates` does.
        """
        ...

    def measure(self, state: Mapping[str, Any], view: View) -> Measure:
        """Return the value the thresholds are held against."""
        ...


@runtime_checkable
class ReducibleCheck(QueryCheck, Protocol):
    """A query check that some engines, or some of its parameters, allow to reduce in one select.

    There it is a table check like any other: fused with the rest, and merged over files.
    """

    def reduces(self, view: View) -> bool:
        """Say whether `aggregates` answers here; `query` does where it does not."""
        ...

    def aggregates(self, view: View) -> Mapping[str, Aggregate]:
        """Return the parts of the state, as a table check does."""
        ...


class HistoryCheck(Check, Protocol):
    """A question about a stored metric: its value now among its values before."""

    @property
    def metric(self) -> str:
        """Return the id of the table rule of the same pack whose value is held in history."""
        ...

    @property
    def window(self) -> int:
        """Return how many earlier measurements `score` wants at most."""
        ...

    def score(
        self,
        value: float,
        before: Sequence[Metric],
        limits: tuple[float, float],
        day: date | None = None,
    ) -> Score | None:
        """Return how far `value` lies from what `before` (oldest first) led to expect.

        A check that learns (`measures` is a score) sees no flagged measurements. `limits` are the
        scores between which the rule does not trip, infinite where it has none. `day` is the day
        the value speaks of, for checks that know seasons. None while the history is too short.
        """
        ...


@runtime_checkable
class RecallCheck(Check, Protocol):
    """A question about what was stored last under a name, whatever this batch holds."""

    @property
    def metric(self) -> str:
        """Return the name in the table's history."""
        ...

    @property
    def window(self) -> int:
        """Return how many earlier measurements `recall` wants at most."""
        ...

    def recall(self, before: Sequence[Metric], now: datetime) -> Measure:
        """Return the value the thresholds are held against; `before` is oldest first."""
        ...


@dataclass(frozen=True, slots=True)
class Score:
    """A metric beside what was expected of it.

    `distance` is signed: robust standard deviations, or a change. `lower` and `upper` are the
    values at which it would have reached the rule's own limits, for people to see; None where it
    has none. `note` says what it was held against.
    """

    distance: float
    lower: float | None
    upper: float | None
    note: str = ""


AnyCheck = RowCheck | SetCheck | TableCheck | QueryCheck | HistoryCheck | RecallCheck
