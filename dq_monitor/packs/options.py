"""What may stand beside a check in a rule; a closed set for each kind of check."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from dq_monitor import expression
from dq_monitor.model.check import Kind
from dq_monitor.model.rule import Limit, Nulls, OnFail, Scope, Threshold
from dq_monitor.packs.limits import AgeLimit, Finite, RowsLimit, ValueLimit

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
Condition = Annotated[str, AfterValidator(_condition)]
TableOnFail = Annotated[
    OnFail,
    AfterValidator(_no_rows),
    Field(json_schema_extra={"enum": [OnFail.KEEP.value, OnFail.BLOCK.value]}),
]


class _Bounds(BaseModel):
    """A threshold as it is written."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="after")
    def _given(self) -> _Bounds:
        if all(value is None for _, value in self):
            names = ", ".join(type(self).model_fields)
            raise ValueError(f"needs a bound: {names}")
        return self

    def threshold(self) -> Threshold:
        """Return the typed threshold."""
        return Threshold(**dict(self))


class RowsBound(_Bounds):
    """When failing rows are too many."""

    over: RowsLimit | None = Field(default=None, description="trips above this many failing rows")


class ValueBound(_Bounds):
    """When a measured value is wrong."""

    over: ValueLimit | None = Field(default=None, description="trips above this value")
    below: ValueLimit | None = Field(default=None, description="trips below this value")
    outside: tuple[Finite, Finite] | None = Field(
        default=None, description="trips below the first or above the second value"
    )

    @model_validator(mode="after")
    def _ordered(self) -> ValueBound:
        if self.outside and self.outside[0] > self.outside[1]:
            low, high = self.outside
            raise ValueError(
                f"outside [{low:g}, {high:g}] is upside down: write the lower one first"
            )
        return self


class AgeBound(_Bounds):
    """When something is too old."""

    over: AgeLimit | None = Field(default=None, description="trips above this age, such as 26h")


class ScoreBound(_Bounds):
    """When a value lies too far from its past."""

    beyond: Annotated[Finite, Field(gt=0)] | None = Field(
        default=None, description="trips beyond this many robust standard deviations"
    )


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
        _ordered(getattr(self, "warn", None), getattr(self, "error", None))
        return self

    @property
    def warn_at(self) -> Threshold | None:
        """Return when the rule warns."""
        bounds: _Bounds | None = getattr(self, "warn", None)
        return bounds.threshold() if bounds else None

    @property
    def error_at(self) -> Threshold | None:
        """Return when the rule fails."""
        bounds: _Bounds | None = getattr(self, "error", None)
        return bounds.threshold() if bounds else None


class RowOptions(Options):
    """What a rule that judges rows, or rows by their keys, may say."""

    default_on_fail: ClassVar[OnFail] = OnFail.QUARANTINE

    where: Condition | None = Field(
        default=None,
        description="SQL condition: the rule is asked only of rows for which it is true",
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


class _MeasureOptions(Options):
    """What a rule that measures the table may say, whatever it measures."""

    default_on_fail: ClassVar[OnFail] = OnFail.BLOCK

    where: Condition | None = Field(
        default=None, description="SQL condition: only rows for which it is true are measured"
    )
    scope: Scope = Field(
        default=Scope.BATCH, description="the rows of this write, or the whole table"
    )
    on_fail: TableOnFail | None = Field(
        default=None, description="what a failure does to the batch"
    )


class TableOptions(_MeasureOptions):
    """What a rule that measures a value may say."""

    warn: ValueBound | None = Field(default=None, description="when to warn")
    error: ValueBound | None = Field(default=None, description="when the rule fails")


class AgeOptions(_MeasureOptions):
    """What a rule that measures an age may say."""

    warn: AgeBound | None = Field(default=None, description="when to warn")
    error: AgeBound | None = Field(default=None, description="when the rule fails")


class HistoryOptions(Options):
    """What a rule that compares with the past may say."""

    on_fail: TableOnFail | None = Field(
        default=None, description="what a failure does to the batch"
    )
    warn: ScoreBound | None = Field(default=None, description="when to warn")
    error: ScoreBound | None = Field(default=None, description="when the rule fails")


def _ordered(warn: _Bounds | None, error: _Bounds | None) -> None:
    """Refuse a warning that nobody can ever see, as the error trips before it."""
    if warn is None or error is None:
        return
    for name, sign in (("over", 1), ("beyond", 1), ("below", -1)):
        soft, hard = getattr(warn, name, None), getattr(error, name, None)
        if soft is None or hard is None or _share(soft) != _share(hard):
            continue
        if _size(soft) * sign >= _size(hard) * sign:
            raise ValueError(
                f"warn {name} {soft} is never seen, as error {name} {hard} trips first: "
                "make the warning the milder one, or remove it"
            )


def _share(bound: Limit | float) -> bool:
    return isinstance(bound, Limit) and bound.share


def _size(bound: Limit | float) -> float:
    return bound.value if isinstance(bound, Limit) else bound


BY_KIND: Mapping[Kind, type[Options]] = {
    Kind.ROW: RowOptions,
    Kind.SET: RowOptions,
    Kind.TABLE: TableOptions,
    Kind.HISTORY: HistoryOptions,
}
