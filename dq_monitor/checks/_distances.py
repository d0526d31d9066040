"""How far one distribution lies from another, each given as shares of the same bins."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Literal

import narwhals.stable.v2 as nw

Method = Literal["psi", "kl", "jensen_shannon", "chi_square", "ks", "wasserstein"]
# Nothing can be divided by a share of 0: a smaller one counts as this.
SMALLEST = 1e-4
_ROUNDING = 1e-14
ORDERED = frozenset({"ks", "wasserstein"})
Shares = Sequence[float]


def distance(method: Method, now: Shares, then: Shares, edges: Shares = ()) -> float:
    """Return how far `now` lies from `then`; bins that are empty in both say nothing.

    `edges`, one more than there are bins, are read by `wasserstein` alone.
    """
    if method == "wasserstein":
        return _between(now, then, edges)
    if method == "ks":
        return max(abs(p - q) for p, q in zip(accumulate(now), accumulate(then), strict=True))
    term = _TERMS[method]
    total = sum(term(p, q) for p, q in zip(now, then, strict=True) if p or q)
    return finished(method, total)


def finished(method: Method, total: float) -> float:
    """Return the distance of the terms' sum, which rounding leaves a little off 0 for equals."""
    total = total if total > _ROUNDING else 0.0
    return math.sqrt(total) if method == "jensen_shannon" else total


def _psi(p: float, q: float) -> float:
    p, q = max(p, SMALLEST), max(q, SMALLEST)
    return (p - q) * math.log(p / q)


def _kl(p: float, q: float) -> float:
    # The last two cancel where both sides sum to 1; with them no raised share makes it negative.
    q = max(q, SMALLEST)
    return (p * math.log(p / q) if p else 0.0) - p + q


def _jensen_shannon(p: float, q: float) -> float:
    middle = (p + q) / 2
    return sum(part / 2 * math.log2(part / middle) for part in (p, q) if part)


def _chi_square(p: float, q: float) -> float:
    return (p - q) ** 2 / max(q, SMALLEST)


_TERMS: Mapping[str, Callable[[float, float], float]] = {
    "psi": _psi,
    "kl": _kl,
    "jensen_shannon": _jensen_shannon,
    "chi_square": _chi_square,
}


def _between(now: Shares, then: Shares, edges: Shares) -> float:
    """Return the area between both cumulative distributions, even within each bin."""
    gaps = [0.0, *accumulate(p - q for p, q in zip(now, then, strict=True))]
    areas = (
        (high - low) * _mean_size(before, after)
        for (low, high), (before, after) in zip(pairwise(edges), pairwise(gaps), strict=True)
    )
    return sum(areas)


def _mean_size(before: float, after: float) -> float:
    """Return the mean of abs(gap) on the straight line between two gaps."""
    sizes = abs(before) + abs(after)
    if before * after >= 0:
        return sizes / 2
    return (before * before + after * after) / (2 * sizes)


def term(method: Method, p: nw.Expr, q: nw.Expr) -> nw.Expr:
    """Return one bin's part of a distance for engines; they divide differently, so none does."""
    floored_p = nw.when(p > SMALLEST).then(p).otherwise(nw.lit(SMALLEST))
    floored_q = nw.when(q > SMALLEST).then(q).otherwise(nw.lit(SMALLEST))
    if method == "psi":
        return (floored_p - floored_q) * (floored_p.log() - floored_q.log())
    if method == "kl":
        return _times_log(p, p, floored_q) - p + floored_q
    if method == "chi_square":
        return (p - q) * (p - q) * floored_q**-1
    middle = (p + q) * 0.5
    return (_times_log(p, p, middle, 2) + _times_log(q, q, middle, 2)) * 0.5


def _times_log(factor: nw.Expr, above: nw.Expr, below: nw.Expr, base: float = math.e) -> nw.Expr:
    """Return factor * log(above / below), 0 where the factor is."""
    some = factor > 0
    logs = nw.when(some).then(above).log(base) - nw.when(some).then(below).log(base)
    return nw.when(some).then(factor * logs).otherwise(nw.lit(0.0))
