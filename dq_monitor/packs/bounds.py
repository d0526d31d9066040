"""Thresholds as a pack writes them, and which of them can never be reached."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from dq_monitor.model.rule import Limit, Threshold
from dq_monitor.packs.limits import AgeLimit, Finite, RowsLimit, SizeLimit, ValueLimit
from dq_monitor.packs.words import SYNONYM

NOT_FOR_ROWS = ("below", "outside", "equal", "unequal")
ANOTHER_WORD = f"{SYNONYM} over"


class Bounds(BaseModel):
    """A threshold as it is written."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="after")
    def _given(self) -> Bounds:
        if all(value is None for _, value in self):
            names = ", ".join(type(self).model_fields)
            raise ValueError(f"needs a bound: {names}")
        return self

    @model_validator(mode="after")
    def _one_word(self) -> Bounds:
        if getattr(self, "over", None) and getattr(self, "above", None):
            raise ValueError("above and over are two words for the same: keep one of them")
        return self

    def threshold(self) -> Threshold:
        """Return the typed threshold: the same for every way to write it."""
        given = {name: value for name, value in self if value is not None}
        if above := given.pop("above", None):
            given["over"] = above
        if outside := given.pop("outside", None):
            given |= {"outside": tuple(one.value for one in outside), "percent": outside[0].share}
        return Threshold(**given)


class RowsBound(Bounds):
    """When failing rows are too many."""

    over: RowsLimit | None = Field(default=None, description="trips above this many failing rows")
    above: RowsLimit | None = Field(default=None, description=ANOTHER_WORD)

    @model_validator(mode="before")
    @classmethod
    def _only_too_many(cls, given: Any) -> Any:
        for name in NOT_FOR_ROWS:
            if isinstance(given, dict) and name in given:
                raise ValueError(
                    f"{name} is for measured values, and here failing rows are counted: "
                    "write {over: 0}, another count or a share; at least 95% good is {over: 5%}"
                )
        return given


class ValueBound(Bounds):
    """When a measured value is wrong."""

    over: ValueLimit | None = Field(default=None, description="trips above this value")
    above: ValueLimit | None = Field(default=None, description=ANOTHER_WORD)
    below: ValueLimit | None = Field(default=None, description="trips below this value")
    outside: tuple[ValueLimit, ValueLimit] | None = Field(
        default=None, description="trips below the first or above the second value"
    )
    equal: ValueLimit | None = Field(default=None, description="trips at this value")
    unequal: ValueLimit | None = Field(default=None, description="trips at any other value")

    @model_validator(mode="after")
    def _ordered(self) -> ValueBound:
        if self.outside:
            _refuse_upside_down(*self.outside)
        over = self.over or self.above
        if over and self.below and over.value < self.below.value:
            raise ValueError(
                f"over {over} or below {self.below} is true of every value, and a threshold says "
                f"what is wrong: write outside: [{over}, {self.below}]"
            )
        return self


class AgeBound(Bounds):
    """When something is too old."""

    over: AgeLimit | None = Field(default=None, description="trips above this age, such as 26h")
    above: AgeLimit | None = Field(default=None, description=ANOTHER_WORD)


class SizeBound(Bounds):
    """When something is too large or too small."""

    over: SizeLimit | None = Field(default=None, description="trips above this size, such as 1GB")
    above: SizeLimit | None = Field(default=None, description=ANOTHER_WORD)
    below: SizeLimit | None = Field(default=None, description="trips below this size")


class ScoreBound(Bounds):
    """When a value lies too far from its past."""

    beyond: Annotated[Finite, Field(gt=0)] | None = Field(
        default=None, description="trips beyond this many robust standard deviations"
    )


def refuse_unseen(warn: Threshold | None, error: Threshold | None) -> None:
    """Refuse a warning that nobody can ever see, as the error trips wherever it does."""
    if warn is None or error is None:
        return
    for soft in warn.parts():
        for hard in error.parts():
            if _hides(hard, soft):
                raise ValueError(
                    f"warn {soft} is never seen, as error {hard} trips first: "
                    "make the warning the milder one, or remove it"
                )


def _hides(hard: Threshold, soft: Threshold) -> bool:
    """Say whether `hard` trips wherever `soft` does; each has one bound."""
    if hard == soft:
        return True
    if hard.outside and soft.outside:
        return soft.outside[0] <= hard.outside[0] and soft.outside[1] >= hard.outside[1]
    if hard.beyond is not None and soft.beyond is not None:
        return soft.beyond >= hard.beyond
    if hard.over and soft.over:
        return hard.over.share == soft.over.share and soft.over.value >= hard.over.value
    if hard.below and soft.below:
        return hard.below.share == soft.below.share and soft.below.value <= hard.below.value
    return False


def _refuse_upside_down(low: Limit, high: Limit) -> None:
    if low.share != high.share:
        raise ValueError(
            f"outside [{low}, {high}] mixes a number and a share: write two of one sort"
        )
    if low.value > high.value:
        raise ValueError(f"outside [{low}, {high}] is upside down: write the lower one first")
