"""`anomaly`: a metric lies far from what its own past led to expect."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from dq_monitor.checks._base import History
from dq_monitor.checks._parameters import Integer
from dq_monitor.checks._robust import Scale, linear, log, logit, spread
from dq_monitor.model.check import Score
from dq_monitor.model.metric import Metric

_SCALES = {"none": linear, "log": log, "logit": logit}
# A weekday is known from three of its kind on.
_MIN_SEASONS = 3
_FIRST_SEASONS = timedelta(weeks=_MIN_SEASONS)
# A history that never moved makes any move infinite; bounds and databases want a number.
_MOST = 1_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Anomaly(History):
    """A metric lies far from what its own past led to expect.

    The score is the distance from the median of earlier values, in robust standard deviations
    (1.4826 times the median absolute deviation), so a few wild days do not move it. The value that
    is tested is never among them, nor are values that were flagged when they came. With
    `method: seasonal` a day is held against the same weekdays, the spread still comes from all
    days; a weekday that has fewer than three values after three weeks is held against all days.
    There is no score before `min_history` values, nor for a weekday in its first three weeks.

    Median and deviation describe values that scatter evenly to both sides. Those of shares and
    counts do not: a share is squeezed at 0 and 1 and its noise grows with its level, so on the
    plain scale every busier day looks wild. `transform: logit` asks on the scale of log-odds, where
    doubling a small share is the same step from any level; use it for shares. `transform: log` does
    the same for counts and sizes. `noise` is the relative change that counts as one standard
    deviation at least, so that a history which hardly moved does not flag trifles.

    Example:
        - anomaly: {metric: cancelled_share, transform: logit}
          warn: {beyond: 4}

    """

    each: ClassVar[bool] = True
    aliases: ClassVar[tuple[str, ...]] = (
        "isNewestPointNonAnomalous",
        "volume_anomalies",
        "column_anomalies",
    )

    metric: Annotated[str, Field(min_length=1, description="id of the table rule it watches")]
    method: Annotated[
        Literal["robust", "seasonal"], Field(description="against all days, or the same weekdays")
    ] = "robust"
    period: Annotated[Literal["week"], Field(description="what a season is")] = "week"
    transform: Annotated[
        Literal["none", "log", "logit"], Field(description="the scale of the question")
    ] = "none"
    min_history: Annotated[Integer, Field(ge=4, description="values needed for a score")] = 14
    window: Annotated[Integer, Field(ge=4, description="values looked at, at most")] = 60
    noise: Annotated[
        float, Field(ge=0, le=1, description="relative change of one deviation, at least")
    ] = 0.05

    def __post_init__(self) -> None:
        """Refuse a window that can never hold the history that is needed."""
        if self.window < self.min_history:
            raise ValueError(f"window {self.window} is below min_history {self.min_history}")

    def columns(self) -> tuple[str, ...]:
        """Return no column: the metric's own rule reads them."""
        return ()

    def score(
        self,
        value: float,
        before: Sequence[Metric],
        limits: tuple[float, float],
        day: date | None = None,
    ) -> Score | None:
        """Return how far `value` lies from what `before` led to expect.

        `day` is the day the value speaks of; without it a seasonal rule is a robust one.
        """
        past = [metric for metric in before if math.isfinite(metric.value)][-self.window :]
        if len(past) < self.min_history:
            return None
        scale = _SCALES[self.transform]([value, *(metric.value for metric in past)])
        seasons = self._seasons(past, scale, day)
        return self._held_against(seasons, scale, value, limits) if seasons else None

    def _seasons(self, past: Sequence[Metric], scale: Scale, day: date | None) -> list[list[float]]:
        """Return earlier values by season on the scale asked, that of the tested day first.

        None at all in the first weeks: a quiet Sunday held against all days would be flagged, so
        left out of the training, and Sundays would never become known.
        """
        everything = [[scale.to(metric.value) for metric in past]]
        if self.method == "robust" or day is None:
            return everything
        by_weekday: dict[int, list[float]] = defaultdict(list)
        for metric in past:
            by_weekday[_day(metric).weekday()].append(scale.to(metric.value))
        own = by_weekday.pop(day.weekday(), [])
        if len(own) < _MIN_SEASONS:
            return everything if day - _day(past[0]) > _FIRST_SEASONS else []
        return [own, *(values for values in by_weekday.values() if len(values) >= _MIN_SEASONS)]

    def _held_against(
        self,
        seasons: list[list[float]],
        scale: Scale,
        value: float,
        limits: tuple[float, float],
    ) -> Score:
        residuals = [x - median(season) for season in seasons for x in season]
        centre = median(seasons[0])
        least = self.noise * (abs(centre) if self.transform == "none" else 1)
        deviation = max(spread(residuals, fitted=len(seasons)), least)
        away = scale.to(value) - centre
        score = away / deviation if deviation else math.copysign(_MOST, away) if away else 0.0
        lower, upper = (scale.back(centre + limit * deviation) for limit in limits)
        return Score(max(-_MOST, min(score, _MOST)), lower, upper)


def _day(metric: Metric) -> date:
    return metric.day or metric.at.date()
