"""What may stand beside a check in a rule; a closed set for each kind of check."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    model_validator,
)

from dq_monitor import expression
from dq_monitor.model.check import Kind, Measures
from dq_monitor.model.rule import Nulls, OnFail, Scope, Threshold
from dq_monitor.packs.bounds import (
    AgeBound,
    Bounds,
    RowsBound,
    ScoreBound,
    SizeBound,
    ValueBound,
    refuse_unseen,
)

MOST_BY = 5
ID_PATTERN = r"^[A-Za-z0-9_][A-Za-z0-9_.\-]*$"


def _identifier(text: str) -> str:
    if not re.fullmatch(ID_PATTERN, text):
        raise ValueError(f"{text!r} is no id: use letters, digits, `_`, `-` and `.`")
    return text


def _condition(text: str) -> str:
    expression.parse(text)
    return text


def _no_rows(value: OnFail) -> OnFail:
    if value not in {OnFail.KEEP, OnFail.BLOCK}:
        raise ValueError(
            f"cannot be {value}: this check judges the table and names no rows; "
            "use keep, or block to reject the batch"
        )
    return value


Identifier = Annotated[
    str,
    AfterValidator(_identifier),
    Field(max_length=200, json_schema_extra={"pattern": ID_PATTERN}),
]


def _listed(value: Any) -> Any:
    # Strict mode takes no list for a tuple once a validator had it in hands.
    return (
        tuple(value) if isinstance(value, list) else (value,) if isinstance(value, str) else value
    )


def _segments(names: tuple[str, ...]) -> tuple[str, ...]:
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"{twice!r} is named twice")
    return names


_Names = Annotated[
    tuple[Annotated[str, Field(min_length=1)], ...], Field(min_length=1, max_length=MOST_BY)
]
By = Annotated[
    _Names,
    AfterValidator(_segments),
    BeforeValidator(_listed, json_schema_input_type=str | _Names),
]
Condition = Annotated[str, AfterValidator(_condition)]
TableOnFail = Annotated[
    OnFail,
    AfterValidator(_no_rows),
    Field(json_schema_extra={"enum": [OnFail.KEEP.value, OnFail.BLOCK.value]}),
]


class Options(BaseModel):
    """What every rule may say."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    default_on_fail: ClassVar[OnFail] = OnFail.KEEP

    id: Identifier | None = Field(
        default=None, description="the rule's name in reports; the default is `check.column`"
    )
    description: str = Field(
        default="", description="what the rule is for, shown to people when it fails"
    )
    tags: tuple[str, ...] = Field(default=(), description="words to find the rule by")

    @model_validator(mode="after")
    def _both_reached(self) -> Options:
        refuse_unseen(self.warn_at, self.error_at)
        return self

    @property
    def warn_at(self) -> Threshold | None:
        """Return when the rule warns."""
        bounds: Bounds | None = getattr(self, "warn", None)
        return bounds.threshold() if bounds else None

    @property
    def error_at(self) -> Threshold | None:
        """Return when the rule fails."""
        bounds: Bounds | None = getattr(self, "error", None)
        return bounds.threshold() if bounds else None


class RowOptions(Options):
    """What a rule that judges rows, or rows by their keys, may say."""

    default_on_fail: ClassVar[OnFail] = OnFail.QUARANTINE

    where: Condition | None = Field(
        default=None,
        description="SQL condition: the rule is asked only of rows for which it is true",
    )
    by: By | None = Field(
        default=None,
        description="columns: each group of rows that agree in them gets its own answer",
    )
    on_fail: OnFail | None = Field(
        default=None, description="what happens to failing rows; block rejects the batch"
    )
    warn: RowsBound | None = Field(default=None, description="when to warn")
    error: RowsBound | None = Field(default=None, description="when the rule fails")
    nulls: Nulls | None = Field(
        default=None,
        description="what a row counts as for which the answer is unknown, or which has no key",
    )


class _WholeOptions(Options):
    """What a rule that the table answers as a whole may say, whatever it measures."""

    default_on_fail: ClassVar[OnFail] = OnFail.BLOCK

    scope: Scope = Field(
        default=Scope.BATCH, description="the rows of this write, or the whole table"
    )
    on_fail: TableOnFail | None = Field(
        default=None, description="what a failure does to the batch"
    )


class _MeasureOptions(_WholeOptions):
    """What a rule that measures rows may say: they can be fewer, or taken in groups."""

    where: Condition | None = Field(
        default=None, description="SQL condition: only rows for which it is true are measured"
    )
    by: By | None = Field(
        default=None,
        description="columns: each group of rows that agree in them gets its own answer",
    )


class TableOptions(_MeasureOptions):
    """What a rule that measures a value may say."""

    warn: ValueBound | None = Field(default=None, description="when to warn")
    error: ValueBound | None = Field(default=None, description="when the rule fails")


class AgeOptions(_MeasureOptions):
    """What a rule that measures an age may say."""

    warn: AgeBound | None = Field(default=None, description="when to warn")
    error: AgeBound | None = Field(default=None, description="when the rule fails")


class UnreadOptions(_WholeOptions):
    """What a rule that the schema or the files answer may say."""

    warn: ValueBound | None = Field(default=None, description="when to warn")
    error: ValueBound | None = Field(default=None, description="when the rule fails")


class SizeOptions(_WholeOptions):
    """What a rule that measures the size of files may say."""

    warn: SizeBound | None = Field(default=None, description="when to warn")
    error: SizeBound | None = Field(default=None, description="when the rule fails")


class _PastOptions(Options):
    """What a rule that looks into the past may say, whatever it looks for."""

    on_fail: TableOnFail | None = Field(
        default=None, description="what a failure does to the batch"
    )


class ChangeOptions(_PastOptions):
    """What a rule that measures a change, or recalls a value, may say."""

    warn: ValueBound | None = Field(default=None, description="when to warn")
    error: ValueBound | None = Field(default=None, description="when the rule fails")


class HistoryOptions(_PastOptions):
    """What a rule that compares with the past may say."""

    warn: ScoreBound | None = Field(default=None, description="when to warn")
    error: ScoreBound | None = Field(default=None, description="when the rule fails")


def options_of(kind: Kind, measures: Measures, *, reads_rows: bool = True) -> type[Options]:
    """Return what may stand beside a check of this kind that measures this."""
    known = BY_MEASURE.get((kind, measures))
    if known is None:
        return BY_KIND[kind] if reads_rows else UnreadOptions
    return known


BY_KIND: Mapping[Kind, type[Options]] = {
    Kind.ROW: RowOptions,
    Kind.SET: RowOptions,
    Kind.TABLE: TableOptions,
    Kind.HISTORY: HistoryOptions,
}
BY_MEASURE: Mapping[tuple[Kind, Measures], type[Options]] = {
    (Kind.TABLE, Measures.AGE): AgeOptions,
    (Kind.TABLE, Measures.SIZE): SizeOptions,
    (Kind.HISTORY, Measures.CHANGE): ChangeOptions,
    (Kind.HISTORY, Measures.VIOLATIONS): ChangeOptions,
}
OPTION_NAMES = frozenset(
    name for model in (*BY_KIND.values(), *BY_MEASURE.values()) for name in model.model_fields
)
