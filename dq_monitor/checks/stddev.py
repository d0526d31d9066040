"""`stddev`: how far the values of a column scatter."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from dq_monitor.checks._moments import OfMoments
from dq_monitor.model.check import Measure
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Stddev(OfMoments):
    """How far the values of a column scatter.

    The value is the sample standard deviation (ddof 1) of the values that are neither null nor NaN,
    in the column's unit; there is none for fewer than two. Infinite values are an error.

    Example:
        - stddev: {column: dep_delay}
          warn: {outside: [20, 60]}

    """

    order: ClassVar[int] = 2
    aliases: ClassVar[tuple[str, ...]] = (
        *("expect_column_stdev_to_be_between", "hasStandardDeviation", "stddev_samp"),
    )

    def measure(self, state: Mapping[str, Any], view: View) -> Measure:  # noqa: ARG002 - the protocol's
        """Return the stddev of the moments."""
        found = self._moments(state)
        if found.variance is None:
            return Measure(None, "fewer than two values")
        return Measure(math.sqrt(found.variance), f"of {found.count:,} values")
