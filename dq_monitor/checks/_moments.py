"""Count, mean and central moments of a column: measured by the engine, merged over files.

The state is the one of Chan, Golub, LeVeque and of Pébay: the mean and the sums of powers of the
distances from it, so values with a large common part (1e9 and a little noise) keep their spread.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import narwhals.stable.v2 as nw

from dq_monitor.checks._base import Alone, OneColumn, Table
from dq_monitor.checks._numbers import number, real
from dq_monitor.model.check import Aggregate
from dq_monitor.model.view import View

# ClickHouse's own variance subtracts squares, and through Ibis there is no skewness at all.
_NATIVE = frozenset({"polars", "duckdb", "spark"})
_ROUNDING = 4 * sys.float_info.epsilon


@dataclass(frozen=True, slots=True)
class Moments:
    """`m2`, `m3` and `m4` are the sums of the powers of each value's distance from the mean."""

    count: int = 0
    mean: float = 0.0
    m2: float = 0.0
    m3: float = 0.0
    m4: float = 0.0

    @property
    def constant(self) -> bool:
        """Say whether the values differ by no more than the rounding of their mean."""
        return math.sqrt(self.m2 / self.count) <= _ROUNDING * abs(self.mean)

    @property
    def variance(self) -> float | None:
        """Return the sample variance (ddof 1); None for fewer than two values."""
        return self.m2 / (self.count - 1) if self.count > 1 else None

    @property
    def skewness(self) -> float | None:
        """Return the third standardised moment; None where all values are equal."""
        if not self.count or self.constant:
            return None
        spread = self.m2 / self.count
        return self.m3 / self.count / (spread * math.sqrt(spread))

    @property
    def kurtosis(self) -> float | None:
        """Return the fourth standardised moment less 3; None where all values are equal."""
        if not self.count or self.constant:
            return None
        spread = self.m2 / self.count
        return self.m4 / self.count / (spread * spread) - 3

    def __add__(self, other: Moments) -> Moments:
        """Return the moments of both sets of values together (Pébay 2008, equations 3.1)."""
        if not self.count or not other.count:
            return other if other.count else self
        a, b = self.count, other.count
        n = a + b
        # Products, not powers: Python raises where a power of floats overflows.
        d = other.mean - self.mean
        m2 = self.m2 + other.m2 + d * d * (a * b / n)
        m3 = self.m3 + other.m3 + d * d * d * (a * b * (a - b) / n**2)
        m3 += 3 * d * (a * other.m2 - b * self.m2) / n
        m4 = self.m4 + other.m4 + d * d * d * d * (a * b * (a * a - a * b + b * b) / n**3)
        m4 += 6 * d * d * (a * a * other.m2 + b * b * self.m2) / n**2
        m4 += 4 * d * (a * other.m3 - b * self.m3) / n
        return Moments(n, self.mean + d * b / n, m2, m3, m4)


def parts(value: nw.Expr, order: int) -> dict[str, Aggregate]:
    """Return the state of the moments up to `order` (2 to 4) as the engine's own functions."""
    found = {"count": value.count(), "mean": value.mean(), "var": value.var(ddof=1)}
    if order > 2:  # noqa: PLR2004 - the order itself
        found["skew"] = value.skew()
    if order > 3:  # noqa: PLR2004 - the order itself
        found["kurtosis"] = value.kurtosis()
    return {name: Aggregate(expr) for name, expr in found.items()}


def native(view: View) -> bool:
    """Say whether the view's engine has `parts` of its own that keep their digits."""
    return view.engine in _NATIVE


def centred(rows: nw.LazyFrame[Any], value: nw.Expr) -> nw.LazyFrame[Any]:
    """Return one row, the state of all four moments, in two steps: the mean, then the distances."""
    x, mean = nw.col("x"), nw.col("mean")
    known = rows.select(value.alias("x")).with_columns(x.mean().alias("mean"))
    d = nw.col("d")
    distances = known.select(x, mean, (x - mean).alias("d"))
    return distances.select(
        count=x.count(),
        mean=mean.max(),
        m2=(d * d).sum(),
        m3=(d * d * d).sum(),
        m4=(d * d * d * d).sum(),
    )


def moments(state: Mapping[str, Any], what: str) -> Moments:
    """Return the moments of a state; raise ValueError for infinities, which are far from all.

    `what` says of what in the message.
    """
    found = _read(state)
    if not all(map(math.isfinite, (found.mean, found.m2, found.m3, found.m4))):
        raise ValueError(f"{what} are infinite, or too large for their powers")
    return found


def merged(one: Mapping[str, Any], other: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the state of both."""
    return asdict(_read(one) + _read(other))


def _read(state: Mapping[str, Any]) -> Moments:
    """Return what `parts`, `centred` or `merged` left in a state."""
    count = int(state["count"] or 0)
    if not count:
        return Moments()
    if "var" in state:
        return _from_shape(count, state)
    return Moments(count, *(float(state[name] or 0) for name in ("mean", "m2", "m3", "m4")))


def _from_shape(count: int, state: Mapping[str, Any]) -> Moments:
    spread = 0.0 if count == 1 else float(state["var"]) * (count - 1) / count
    skew, kurtosis = (real(state.get(name)) or 0.0 for name in ("skew", "kurtosis"))
    m3 = skew * spread * math.sqrt(spread) * count
    m4 = (kurtosis + 3) * spread * spread * count
    return Moments(count, float(state["mean"]), spread * count, m3, m4)


class OfMoments(OneColumn, Alone, Table):
    """A check of one number that the moments of a column give; `order` is the highest it reads.

    The four of them differ in `measure` alone, hence a base with what they do.
    """

    __slots__ = ()

    order: ClassVar[int] = 2

    def reduces(self, view: View) -> bool:
        """Say whether the engine has the moments as functions of its own."""
        return native(view)

    def aggregates(self, view: View) -> Mapping[str, Aggregate]:
        """Return the engine's own moments."""
        return parts(number(view, self.column, self._name()), self.order)

    def query(
        self,
        rows: nw.LazyFrame[Any],
        others: nw.LazyFrame[Any] | None,  # noqa: ARG002 - the protocol's
        view: View,
    ) -> nw.LazyFrame[Any]:
        """Return the moments from each value's distance to the mean."""
        return centred(rows, number(view, self.column, self._name()))

    def merge(self, one: Mapping[str, Any], other: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the state of both."""
        return merged(one, other)

    def _name(self) -> str:
        return type(self).__name__.lower()

    def _moments(self, state: Mapping[str, Any]) -> Moments:
        return moments(state, f"the values of column {self.column!r}")
