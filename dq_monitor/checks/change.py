"""`change`: how a metric changed since it was measured before."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from statistics import fmean
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from dq_monitor.checks._base import History
from dq_monitor.checks._parameters import Flag, Integer
from dq_monitor.model.check import Measures, Score
from dq_monitor.model.metric import Metric

# Several batches a day are seven days of more than seven measurements.
_WEEKS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Change(History):
    """How a metric changed since it was measured before.

    The value is the relative change: 20% for 120 after 100, -20% for 80; with `absolute: true` the
    difference itself, 20. The old value is the last one, with `versus: mean` the average of the
    last `of` ones, with `versus: same_weekday` the last one of the newest earlier day with the same
    weekday. There is no value without an old one, with fewer than `of`, or where the old value is 0
    and the change relative. Unlike an anomaly it learns nothing: flagged values are old values too.

    Example:
        - change: {metric: row_count, versus: same_weekday}
          warn: {outside: [-30%, 30%]}

    """

    each: ClassVar[bool] = True
    measures: ClassVar[Measures] = Measures.CHANGE
    aliases: ClassVar[tuple[str, ...]] = (
        "change_for",
        "percent_change",
        "RelativeRateOfChange",
        "AbsoluteChange",
    )

    metric: Annotated[str, Field(min_length=1, description="id of the table rule it watches")]
    versus: Annotated[
        Literal["last", "mean", "same_weekday"], Field(description="what the old value is")
    ] = "last"
    of: Annotated[
        Integer, Field(ge=2, le=1_000, description="values that `versus: mean` averages")
    ] = 7
    absolute: Annotated[Flag, Field(description="the difference instead of the share")] = False

    def columns(self) -> tuple[str, ...]:
        """Return no column: the metric's own rule reads them."""
        return ()

    @property
    def window(self) -> int:
        """Return how many earlier measurements may hold the old value."""
        return {"last": 1, "mean": self.of, "same_weekday": _WEEKS}[self.versus]

    def score(
        self,
        value: float,
        before: Sequence[Metric],
        limits: tuple[float, float],
        day: date | None = None,
    ) -> Score | None:
        """Return the change, and the values at which it would have reached the limits."""
        old = self._old(before, day)
        unit = 1.0 if self.absolute else abs(old or 0.0)
        if old is None or not unit or not math.isfinite(value):
            return None
        change = (value - old) / unit
        lower, upper = (old + x * unit if math.isfinite(x) else None for x in limits)
        shown = f"{change:+,.6g}" if self.absolute else f"{change:+.1%}"
        return Score(change, lower, upper, f"{shown} against {old:,.6g}, {self._words()}")

    def _old(self, before: Sequence[Metric], day: date | None) -> float | None:
        past = [metric for metric in before if math.isfinite(metric.value)]
        if self.versus == "mean":
            return fmean(m.value for m in past[-self.of :]) if len(past) >= self.of else None
        if self.versus == "same_weekday":
            past = [metric for metric in past if day is not None and _a_week_apart(metric, day)]
        return past[-1].value if past else None

    def _words(self) -> str:
        words = {"last": "the last value", "same_weekday": "the same weekday before"}
        return words.get(self.versus, f"the mean of {self.of}")


def _a_week_apart(metric: Metric, day: date) -> bool:
    other = metric.day or metric.at.date()
    return other < day and other.weekday() == day.weekday()
