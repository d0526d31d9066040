"""`mutual_information`: how much one column tells of another."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import narwhals.stable.v2 as nw
from pydantic import Field

from dq_monitor.checks._base import Alone, Table
from dq_monitor.checks._occurrences import TIMES, Rows, bits, counted, known
from dq_monitor.checks._parameters import ColumnName, Flag
from dq_monitor.model.check import Family, Measure
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class MutualInformation(Alone, Table):
    """How much one column tells of another.

    The value is the mutual information in bits, the sum of p(x, y) * log2(p(x, y) / (p(x) * p(y)))
    over the pairs of values that occur: 0 when the columns are independent. `normalised` divides by
    the smaller of their two entropies, so that it lies between 0 and 1: at 1 one column tells the
    other, at 0 neither tells anything (also where one of them has a single value). Rows where
    either is null or NaN are left out; there is no value when all are.

    Example:
        - mutual_information: {column: carrier, other: tailnum, normalised: true}
          warn: {below: 0.9}

    """

    family: ClassVar[Family] = Family.DISTRIBUTION
    aliases: ClassVar[tuple[str, ...]] = ("hasMutualInformation",)

    column: ColumnName
    other: Annotated[str, Field(min_length=1, description="the column it may tell of")]
    normalised: Annotated[Flag, Field(description="divide by the most that is possible")] = False

    def __post_init__(self) -> None:
        """Refuse a column held against itself."""
        if self.column == self.other:
            raise ValueError(f"{self.column} is held against itself: name another column in other")

    def columns(self) -> tuple[str, ...]:
        """Return both columns."""
        return self.column, self.other

    def query(
        self,
        rows: Rows,
        others: Rows | None,  # noqa: ARG002 - the protocol's
        view: View,
    ) -> Rows:
        """Return how many rows there are, and the bits of the counts of pairs and of each side."""
        names = {"one": self.column, "other": self.other}
        pairs = counted(known(rows, view, names, "mutual_information"), *names)
        times = nw.col(TIMES)
        sides = {name: pairs.group_by(name).agg(times.sum()) for name in names}
        row = pairs.select(rows=times.sum()).join(bits(pairs, "pairs"), how="cross")
        for name, side in sides.items():
            row = row.join(bits(side, name), how="cross")
        return row

    def measure(self, state: Mapping[str, Any], view: View) -> Measure:  # noqa: ARG002 - the protocol's
        """Return the information that both columns share."""
        rows = float(state["rows"] or 0)
        if not rows:
            return Measure(None, "no values")
        one, other, both = (
            max(0.0, math.log2(rows) - float(state[name]) / rows)
            for name in ("one", "other", "pairs")
        )
        shared = max(0.0, one + other - both)
        if self.normalised:
            smaller = min(one, other)
            shared = min(1.0, shared / smaller) if smaller else 0.0
        return Measure(shared, f"of {int(rows):,} rows")
