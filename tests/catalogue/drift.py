"""`drift` in plain Python."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import polars as pl
from hypothesis import strategies as st

from tests.catalogue.case import Case, Column, Names, Rows, known, plain_floats, small

Pairs = list[tuple[float, float]]
EDGES = [-50, -10, 0.5, 10, 60]
SHARES = [0.2, 0.4, 0.0, 0.4]
CATEGORIES = {"EWR": 0.5, "JFK": 0.3}
grid = st.integers(-400, 400).map(lambda n: n / 4) | st.just(math.nan)
airports = st.sampled_from(["EWR", "JFK", "LGA", ""])


def psi(pairs: Pairs) -> float:
    raised = [(max(p, 1e-4), max(q, 1e-4)) for p, q in pairs if p + q > 0]
    return sum((p - q) * math.log(p / q) for p, q in raised)


def kl(pairs: Pairs) -> float:
    total = 0.0
    for p, q in pairs:
        if p + q > 0:
            raised = max(q, 1e-4)
            total += raised - p + (p * math.log(p / raised) if p > 0 else 0)
    return max(total, 0)


def jensen_shannon(pairs: Pairs) -> float:
    def from_middle(side: int) -> float:
        return sum(
            pair[side] * math.log2(pair[side] / (sum(pair) / 2)) for pair in pairs if pair[side] > 0
        )

    return math.sqrt(round(from_middle(0) / 2 + from_middle(1) / 2, 14))


def chi_square(pairs: Pairs) -> float:
    return sum((p - q) ** 2 / max(q, 1e-4) for p, q in pairs if p + q > 0)


def ks(pairs: Pairs) -> float:
    return max(abs(sum(p - q for p, q in pairs[: n + 1])) for n in range(len(pairs)))


def area(pairs: Pairs) -> float:
    """Add up strips: within a bin the gap runs straight, and may cross 0."""
    total, gap = 0.0, 0.0
    for (p, q), low, high in zip(pairs, EDGES, EDGES[1:], strict=False):
        after = gap + p - q
        crossing = gap / (gap - after) if gap * after < 0 else None
        if crossing is None:
            total += (high - low) * abs(gap + after) / 2
        else:
            total += (high - low) * (crossing * abs(gap) + (1 - crossing) * abs(after)) / 2
        gap = after
    return total


OF_SHARES: dict[str, Callable[[Pairs], float]] = {
    "psi": psi,
    "kl": kl,
    "jensen_shannon": jensen_shannon,
    "chi_square": chi_square,
    "ks": ks,
    "wasserstein": area,
}


def by_edges(method: str) -> Callable[[Rows, Rows], float | None]:
    def oracle(rows: Rows, _: Rows) -> float | None:
        values = known(rows, "x")
        if not values:
            return None
        times = Counter(sum(x >= edge for edge in EDGES[1:-1]) for x in values)
        pairs = [(times[n] / len(values), share) for n, share in enumerate(SHARES)]
        return OF_SHARES[method](pairs)

    return oracle


def by_categories(method: str) -> Callable[[Rows, Rows], float | None]:
    def oracle(rows: Rows, _: Rows) -> float | None:
        values = known(rows, "x")
        if not values:
            return None
        expected = {**CATEGORIES, "rest": 0.2}
        times = Counter(x if x in CATEGORIES else "rest" for x in values)
        return OF_SHARES[method]([(times[c] / len(values), q) for c, q in expected.items()])

    return oracle


def quantile(ordered: list[float], part: float) -> float:
    place = part * (len(ordered) - 1)
    low, high = ordered[math.floor(place)], ordered[math.ceil(place)]
    return low + (high - low) * (place - math.floor(place))


def by_quarters(method: str) -> Callable[[Rows, Rows], float | None]:
    def oracle(rows: Rows, others: Rows) -> float | None:
        now, then = known(rows, "x"), known(others, "y")
        if not now or not then:
            return None
        edges = [quantile(sorted(then), part) for part in (0.25, 0.5, 0.75)]
        times, before = (Counter(sum(x >= e for e in edges) for x in side) for side in (now, then))
        return OF_SHARES[method]([(times[n] / len(now), before[n] / len(then)) for n in range(4)])

    return oracle


def by_value(method: str) -> Callable[[Rows, Rows], float | None]:
    def oracle(rows: Rows, others: Rows) -> float | None:
        now, then = Counter(known(rows, "x")), Counter(known(others, "y"))
        if not now or not then:
            return None
        kinds = now.keys() | then.keys()
        return OF_SHARES[method]([(now[k] / now.total(), then[k] / then.total()) for k in kinds])

    return oracle


def steps(method: str) -> Callable[[Rows, Rows], float | None]:
    """Both distances by their definition: the cumulative shares at and between all values."""

    def oracle(rows: Rows, others: Rows) -> float | None:
        now, then = known(rows, "x"), known(others, "y")
        if not now or not then:
            return None

        def gap(at: float) -> float:
            here, there = (sum(x <= at for x in side) / len(side) for side in (now, then))
            return abs(float(here - there))

        places = sorted({*map(float, now), *map(float, then)})
        if method == "ks":
            return max(map(gap, places))
        return float(sum(gap(low) * (high - low) for low, high in pairwise(places)))

    return oracle


def inline(method: str, baseline: Any, column: Column, oracle: Any) -> Case:
    return Case(
        lambda n: {"drift": {"column": n("x"), "method": method, "baseline": baseline}},
        {"x": column},
        oracle(method),
        max_rows=20,
    )


def against(method: str, column: Column, oracle: Any, other: Column | None = None) -> Case:
    def rule(n: Names) -> dict[str, Any]:
        parameters = {"column": n("x"), "method": method, "against": "ref.other.y", "bins": 4}
        return {"drift": parameters}

    return Case(rule, {"x": column}, oracle(method), others={"y": other or column}, max_rows=20)


NUMBERS, TEXTS = Column(pl.Float64, grid), Column(pl.String, airports)
BINNED = ("psi", "kl", "jensen_shannon", "chi_square")
CASES = {
    **{
        f"edges {method}": inline(method, {"edges": EDGES, "shares": SHARES}, NUMBERS, by_edges)
        for method in OF_SHARES
    },
    **{
        f"categories {method}": inline(method, {"categories": CATEGORIES}, TEXTS, by_categories)
        for method in BINNED
    },
    **{f"against bins {method}": against(method, NUMBERS, by_quarters) for method in BINNED},
    **{f"against texts {method}": against(method, TEXTS, by_value) for method in BINNED},
    **{
        f"against {method}": against(method, NUMBERS, steps, Column(pl.Int16, small))
        for method in ("ks", "wasserstein")
    },
    "edges int": inline(
        "psi", {"edges": EDGES, "shares": SHARES}, Column(pl.Int8, small), by_edges
    ),
    "against wide": against("wasserstein", Column(pl.Float64, plain_floats), steps),
}
