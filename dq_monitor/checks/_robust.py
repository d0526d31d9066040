"""Centre and spread that a few wild values cannot move, and the scales on which to ask for them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean, median

# The median absolute deviation and the mean one, as standard deviations of a normal distribution.
MAD_TO_SD = 1.4826
MEAN_TO_SD = 1.2533
# Where no value below one was ever seen: half a row, and one in a thousand.
_HALF_A_ROW = 0.5
_RARE = 0.001
_MAX_EXPONENT = 700.0


@dataclass(frozen=True, slots=True)
class Scale:
    """A scale on which values scatter evenly, and the way back."""

    to: Callable[[float], float]
    back: Callable[[float], float]


def linear(_: Sequence[float]) -> Scale:
    """Return the scale of the values themselves."""
    return Scale(lambda value: value, lambda value: value)


def log(values: Sequence[float]) -> Scale:
    """Return the logarithmic scale; a zero counts as half of the smallest value seen."""
    if min(values) < 0:
        raise ValueError("transform log needs values that are not negative")
    floor = _half_smallest(values, _HALF_A_ROW)
    return Scale(lambda value: math.log(max(value, floor)), _exp)


def logit(values: Sequence[float]) -> Scale:
    """Return the log-odds scale of shares; 0 and 1 count as half of the smallest distance seen."""
    if min(values) < 0 or max(values) > 1:
        raise ValueError("transform logit needs shares between 0 and 1")
    low = _half_smallest(values, _RARE)
    high = 1 - _half_smallest([1 - value for value in values], _RARE)

    def to(value: float) -> float:
        share = min(max(value, low), high)
        return math.log(share / (1 - share))

    return Scale(to, lambda value: 1 / (1 + _exp(-value)))


def _half_smallest(values: Sequence[float], otherwise: float) -> float:
    # Of a share all of whose values are above a half, half of the smallest would pass the middle.
    return min((value for value in values if value > 0), default=2 * otherwise) / 2


def _exp(value: float) -> float:
    return math.exp(min(value, _MAX_EXPONENT))


def spread(residuals: Sequence[float], fitted: int = 1) -> float:
    """Return the robust standard deviation of residuals around `fitted` medians.

    Where more than half are equal the median deviation is 0; the mean deviation then says whether
    the rest varies. Medians fitted to few values lie too near to them, hence the correction.
    """
    sizes = [abs(residual) for residual in residuals]
    deviation = median(sizes) * MAD_TO_SD or fmean(sizes) * MEAN_TO_SD
    return deviation * math.sqrt(len(sizes) / max(len(sizes) - fitted, 1))
