"""`skewness`: whether the values of a column reach further to one side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from dq_monitor.checks._moments import OfMoments
from dq_monitor.model.check import Family, Measure
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Skewness(OfMoments):
    """Whether the values of a column reach further to one side.

    The value is the population skewness g1, the mean of ((x - mean) / population deviation) cubed
    (what SciPy and Polars give with `bias=True`): 0 when both sides are alike, above 0 with a long
    tail of large values. Nulls and NaN are left out; there is no value where all are equal.
    Infinite values are an error.

    Example:
        - skewness: {column: dep_delay}
          warn: {outside: [-1, 5]}

    """

    family: ClassVar[Family] = Family.DISTRIBUTION
    order: ClassVar[int] = 3

    def measure(self, state: Mapping[str, Any], view: View) -> Measure:  # noqa: ARG002 - the protocol's
        """Return the skewness of the moments."""
        found = self._moments(state)
        if found.skewness is None:
            return Measure(None, "fewer than two different values")
        return Measure(found.skewness, f"of {found.count:,} values")
