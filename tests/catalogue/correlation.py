"""`correlation` in plain Python, with exact fractions."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import polars as pl
from hypothesis import strategies as st

from tests.catalogue.case import Case, Column, Rows, few, small, unknown

grid = st.integers(-1000, 1000).map(lambda n: n / 8) | st.just(math.nan)
far = st.integers(0, 100).map(lambda n: 1e9 + n)


def pairs(rows: Rows) -> list[tuple[Any, Any]]:
    return [(r["x"], r["y"]) for r in rows if not (unknown(r["x"]) or unknown(r["y"]))]


def pearson(rows: Rows, _: Rows) -> float | None:
    return coefficient(pairs(rows))


def spearman(rows: Rows, _: Rows) -> float | None:
    known = pairs(rows)
    xs, ys = [x for x, _ in known], [y for _, y in known]
    return coefficient([(rank(x, xs), rank(y, ys)) for x, y in known])


def rank(value: Any, values: list[Any]) -> Fraction:
    below, same = sum(v < value for v in values), sum(v == value for v in values)
    return Fraction(2 * below + same + 1, 2)


def coefficient(known: list[tuple[Any, Any]]) -> float | None:
    if len({x for x, _ in known}) < 2 or len({y for _, y in known}) < 2:
        return None
    xs, ys = [Fraction(x) for x, _ in known], [Fraction(y) for _, y in known]
    mean_x, mean_y = sum(xs) / len(xs), sum(ys) / len(ys)
    products = sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True))
    squares = sum((x - mean_x) ** 2 for x in xs) * sum((y - mean_y) ** 2 for y in ys)
    return float(products) / math.sqrt(squares)


def case(method: str, x: Column, y: Column) -> Case:
    return Case(
        lambda n: {"correlation": {"column": n("x"), "other": n("y"), "method": method}},
        {"x": x, "y": y},
        pearson if method == "pearson" else spearman,
    )


CASES = {
    "pearson": case("pearson", Column(pl.Float64, grid), Column(pl.Int16, small)),
    "pearson far from zero": case("pearson", Column(pl.Float64, far), Column(pl.Int32, small)),
    "spearman": case("spearman", Column(pl.Float64, grid), Column(pl.Int8, few)),
    "spearman infinite": case(
        "spearman",
        Column(pl.Float64, st.sampled_from([math.inf, -math.inf, 0.0, -0.0, 1.5])),
        Column(pl.Int8, few),
    ),
}
