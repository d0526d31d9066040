"""A check is a question about a table: each row, or the table, answers yes, no or unknown.

One file in `dq_monitor/checks/` holds one check: a frozen dataclass whose fields are the
parameters in YAML and which keeps one of the three protocols below.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, ClassVar, Protocol

import narwhals.stable.v2 as nw

from dq_monitor.model.metric import Metric


class Kind(StrEnum):
    """What answers: each row, its key among all keys, the table as a whole, or its past."""

    ROW = "row"
    SET = "set"
    TABLE = "table"
    HISTORY = "history"


class Merge(StrEnum):
    """How two partial values of an aggregate become one, so that files can be added up."""

    SUM = "sum"
    MIN = "min"
    MAX = "max"


@dataclass(frozen=True, slots=True)
class View:
    """What a check may see while it is compiled: columns and types, the clock, never the rows.

    `now` is the write's own time (UTC), so a replayed batch is judged as on its day.
    `timezone` is how naive timestamps of this table are read.
    """

    schema: Mapping[str, nw.dtypes.DType]
    now: datetime
    timezone: str = "UTC"

    def col(self, name: str) -> nw.Expr:
        """Return column `name` with NaN as null: Polars says NaN > 5 is true and would admit it."""
        column = nw.col(name)
        if not self.schema[name].is_float():
            return column
        return nw.when(~column.is_nan()).then(column)


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
    """Where a key must exist: columns of another guarded table."""

    table: str
    columns: tuple[str, ...]


class Check(Protocol):
    """What every check has, whichever its kind."""

    kind: ClassVar[Kind]

    def columns(self) -> tuple[str, ...]:
        """Return the columns the check reads, in the order of its parameters."""
        ...


class RowCheck(Check, Protocol):
    """A question that each row answers by itself."""

    def passes(self, view: View) -> nw.Expr:
        """Return a boolean expression: true passes, false fails, null is unknown."""
        ...


class SetCheck(Check, Protocol):
    """A question about a row's key among other keys."""

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
        self, value: float, before: Sequence[Metric], beyond: float, day: date | None = None
    ) -> Score | None:
        """Return how far `value` lies from what `before` (oldest first, unflagged) led to expect.

        `day` is the day the value speaks of, for checks that know seasons. None while the history
        is too short to say.
        """
        ...


@dataclass(frozen=True, slots=True)
class Score:
    """A metric beside what was expected of it.

    `deviations` is the signed distance in robust standard deviations; `lower` and `upper` are the
    values at which it would have reached the rule's own `beyond`, for people to see.
    """

    deviations: float
    lower: float
    upper: float


AnyCheck = RowCheck | SetCheck | TableCheck | HistoryCheck
