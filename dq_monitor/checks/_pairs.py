"""Moments of two columns together, of which a correlation is made: measured, merged and read."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import narwhals.stable.v2 as nw

from dq_monitor.checks._moments import Moments
from dq_monitor.model.check import Aggregate

X, Y = nw.col("x"), nw.col("y")


@dataclass(frozen=True, slots=True)
class Pairs:
    """`xx`, `yy` and `xy` are sums of products of the distances from the means."""

    count: int = 0
    x: float = 0.0
    y: float = 0.0
    xx: float = 0.0
    yy: float = 0.0
    xy: float = 0.0

    @property
    def correlation(self) -> float | None:
        """Return Pearson's coefficient; None where all values of one column are equal."""
        if not self.count or any(side.constant for side in self._sides()):
            return None
        return max(-1.0, min(self.xy / (math.sqrt(self.xx) * math.sqrt(self.yy)), 1.0))

    def _sides(self) -> tuple[Moments, Moments]:
        return Moments(self.count, self.x, self.xx), Moments(self.count, self.y, self.yy)

    def __add__(self, other: Pairs) -> Pairs:
        """Return the moments of both sets of pairs together."""
        if not self.count or not other.count:
            return other if other.count else self
        n = self.count + other.count
        weight = self.count * other.count / n
        dx, dy = other.x - self.x, other.y - self.y
        return Pairs(
            n,
            self.x + dx * other.count / n,
            self.y + dy * other.count / n,
            self.xx + other.xx + dx * dx * weight,
            self.yy + other.yy + dy * dy * weight,
            self.xy + other.xy + dx * dy * weight,
        )


def parts(x: nw.Expr, y: nw.Expr) -> dict[str, Aggregate]:
    """Return the state of two columns, of the rows where both are known, in the engine's words."""
    both = ~(x.is_null() | y.is_null())
    x, y = nw.when(both).then(x), nw.when(both).then(y)
    found = {
        "count": x.count(),
        "x": x.mean(),
        "y": y.mean(),
        "var_x": x.var(ddof=1),
        "var_y": y.var(ddof=1),
        "cov": nw.cov(x, y),
    }
    return {name: Aggregate(expr) for name, expr in found.items()}


def centred(known: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """Return one row, the state of columns `x` and `y`, in two steps: the means, the distances."""
    means = known.with_columns(X.mean().alias("mean_x"), Y.mean().alias("mean_y"))
    dx, dy = X - nw.col("mean_x"), Y - nw.col("mean_y")
    return means.select(
        count=nw.len(),
        x=nw.col("mean_x").max(),
        y=nw.col("mean_y").max(),
        xx=(dx * dx).sum(),
        yy=(dy * dy).sum(),
        xy=(dx * dy).sum(),
    )


def merged(one: Mapping[str, Any], other: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the state of both."""
    return asdict(_read(one) + _read(other))


def pairs(state: Mapping[str, Any], what: str) -> Pairs:
    """Return the moments of a state; raise ValueError for infinities, `what` says of what."""
    found = _read(state)
    if not all(map(math.isfinite, (found.x, found.y, found.xx, found.yy, found.xy))):
        raise ValueError(f"{what} are infinite, or too large for their powers")
    return found


def _read(state: Mapping[str, Any]) -> Pairs:
    """Return what `parts`, `centred` or `merged` left in a state."""
    count = int(state["count"] or 0)
    if not count:
        return Pairs()
    means = float(state["x"]), float(state["y"])
    if "cov" not in state:
        return Pairs(count, *means, *(float(state[name] or 0) for name in ("xx", "yy", "xy")))
    if count == 1:
        return Pairs(1, *means)
    return Pairs(count, *means, *(float(state[n]) * (count - 1) for n in ("var_x", "var_y", "cov")))
