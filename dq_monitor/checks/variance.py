"""`variance`: the square of how far the values of a column scatter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from dq_monitor.checks._moments import OfMoments
from dq_monitor.model.check import Measure
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Variance(OfMoments):
    """The square of how far the values of a column scatter.

    The value is the sample variance (ddof 1) of the values that are neither null nor NaN, in the
    square of the column's unit; there is none for fewer than two. Infinite values are an error.

    Example:
        - variance: {column: dep_delay}
          warn: {over: 3600}

    """

    order: ClassVar[int] = 2
    aliases: ClassVar[tuple[str, ...]] = ("var_samp",)

    def measure(self, state: Mapping[str, Any], view: View) -> Measure:  # noqa: ARG002 - the protocol's
        """Return the variance of the moments."""
        found = self._moments(state)
        if found.variance is None:
            return Measure(None, "fewer than two values")
        return Measure(found.variance, f"of {found.count:,} values")
