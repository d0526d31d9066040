"""`correlation`: how far two columns rise and fall together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import narwhals.stable.v2 as nw
from pydantic import Field

from dq_monitor.checks import _moments, _pairs
from dq_monitor.checks._base import Alone, Table
from dq_monitor.checks._numbers import number
from dq_monitor.checks._parameters import ColumnName
from dq_monitor.model.check import Aggregate, Family, Measure
from dq_monitor.model.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Correlation(Alone, Table):
    """How far two columns rise and fall together.

    The value is a coefficient from -1 to 1 over the rows where neither column is null or NaN:
    Pearson's (`method: pearson`), how near the points lie to a line, or Spearman's (`spearman`),
    Pearson's of the ranks, how near one comes to being ordered as the other (ties share their mean
    rank). There is no value where all values of one column are equal. Infinite values are an error
    for Pearson's and ordinary ranks for Spearman's, which is asked of all rows at once.

    Example:
        - correlation: {column: dep_delay, other: arr_delay}
          warn: {below: 0.8}

    """

    family: ClassVar[Family] = Family.DISTRIBUTION
    aliases: ClassVar[tuple[str, ...]] = ("hasCorrelation",)

    column: ColumnName
    other: Annotated[str, Field(min_length=1, description="the column it is held against")]
    method: Annotated[
        Literal["pearson", "spearman"], Field(description="of the values, or of their ranks")
    ] = "pearson"

    def __post_init__(self) -> None:
        """Refuse a column held against itself."""
        if self.column == self.other:
            raise ValueError(f"{self.column} is held against itself: name another column in other")

    def columns(self) -> tuple[str, ...]:
        """Return both columns."""
        return self.column, self.other

    def reduces(self, view: View) -> bool:
        """Say whether one select answers: ranks need a look at all rows first."""
        return self.method == "pearson" and _moments.native(view)

    def aggregates(self, view: View) -> Mapping[str, Aggregate]:
        """Return means, variances and covariance of the rows that have both."""
        return _pairs.parts(*self._values(view))

    def query(
        self,
        rows: nw.LazyFrame[Any],
        others: nw.LazyFrame[Any] | None,  # noqa: ARG002 - the protocol's
        view: View,
    ) -> nw.LazyFrame[Any]:
        """Return the same from each value's distance to the mean, or of its rank to the middle."""
        x, y = nw.col("x"), nw.col("y")
        left, right = self._values(view)
        known = rows.select(x=left, y=right).filter(~x.is_null(), ~y.is_null())
        if self.method == "spearman":
            # ClickHouse ranks -0.0 below 0.0.
            known = known.select(x=(x + 0.0).rank("average"), y=(y + 0.0).rank("average"))
            known = known.with_columns(x.cast(nw.Float64), y.cast(nw.Float64))
        return _pairs.centred(known)

    def merge(self, one: Mapping[str, Any], other: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the state of both."""
        return _pairs.merged(one, other)

    def measure(self, state: Mapping[str, Any], view: View) -> Measure:  # noqa: ARG002 - the protocol's
        """Return the coefficient."""
        found = _pairs.pairs(state, f"values of {self.column!r} and {self.other!r}")
        if found.correlation is None:
            return Measure(None, "fewer than two different values in a column")
        return Measure(found.correlation, f"of {found.count:,} rows")

    def _values(self, view: View) -> tuple[nw.Expr, nw.Expr]:
        left, right = (number(view, name, "correlation") for name in self.columns())
        return left, right
