"""`entropy`: how evenly the values of a column are spread over their kinds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import narwhals.stable.v2 as nw
from pydantic import Field

from dq_monitor.checks._base import Alone, OneColumn, Table
from dq_monitor.checks._occurrences import TIMES, Rows, bits, counted, known
from dq_monitor.checks._parameters import Flag
from dq_monitor.model.check import Family, Measure
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Entropy(OneColumn, Alone, Table):
    """How evenly the values of a column are spread over their kinds.

    The value is Shannon's entropy in bits, the sum of -p * log2(p) over the shares p of the
    distinct values: 0 when all rows have the same one, log2(k) when k of them are equally frequent.
    `normalised` divides by log2(k), so that it lies between 0 and 1 (0 where k is 1). Rows where
    the value is null or NaN are left out; there is no value when all are.

    Example:
        - entropy: {column: carrier, normalised: true}
          warn: {below: 0.6}

    """

    family: ClassVar[Family] = Family.DISTRIBUTION
    aliases: ClassVar[tuple[str, ...]] = ("hasEntropy",)

    normalised: Annotated[Flag, Field(description="divide by the most that is possible")] = False

    def query(
        self,
        rows: Rows,
        others: Rows | None,  # noqa: ARG002 - the protocol's
        view: View,
    ) -> Rows:
        """Return how many rows and kinds of values there are, and the bits of their counts."""
        values = counted(known(rows, view, {"value": self.column}, "entropy"), "value")
        totals = values.select(rows=nw.col(TIMES).sum(), kinds=nw.len())
        return totals.join(bits(values, "bits"), how="cross")

    def measure(self, state: Mapping[str, Any], view: View) -> Measure:  # noqa: ARG002 - the protocol's
        """Return the entropy."""
        rows, kinds = float(state["rows"] or 0), int(state["kinds"] or 0)
        if not rows:
            return Measure(None, "no values")
        entropy = max(0.0, math.log2(rows) - float(state["bits"]) / rows)
        if self.normalised:
            entropy = min(1.0, entropy / math.log2(kinds)) if kinds > 1 else 0.0
        return Measure(entropy, f"of {kinds:,} distinct values in {int(rows):,} rows")
