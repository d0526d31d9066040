"""`kurtosis`: how heavy the tails of a column's distribution are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from dq_monitor.checks._moments import OfMoments
from dq_monitor.model.check import Family, Measure
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Kurtosis(OfMoments):
    """How heavy the tails of a column's distribution are.

    The value is the population's excess kurtosis g2, the mean of ((x - mean) / population
    deviation) to the fourth power, less 3 (what SciPy and Polars give with `fisher=True,
    bias=True`): 0 for a normal distribution, above 0 when wild values are more frequent. Nulls and
    NaN are left out; there is no value where all are equal. Infinite values are an error.

    Example:
        - kurtosis: {column: dep_delay}
          warn: {over: 20}

    """

    family: ClassVar[Family] = Family.DISTRIBUTION
    order: ClassVar[int] = 4
    aliases: ClassVar[tuple[str, ...]] = ("expect_column_kurtosis_to_be_between",)

    def measure(self, state: Mapping[str, Any], view: View) -> Measure:  # noqa: ARG002 - the protocol's
        """Return the kurtosis of the moments."""
        found = self._moments(state)
        if found.kurtosis is None:
            return Measure(None, "fewer than two different values")
        return Measure(found.kurtosis, f"of {found.count:,} values")
