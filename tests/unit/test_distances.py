"""Distances between distributions, on figures that can be worked out by hand."""

from __future__ import annotations

import math
from typing import Any

import narwhals.stable.v2 as nw
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dq_monitor.checks._distances import ORDERED, distance, term

METHODS: list[Any] = ["psi", "kl", "jensen_shannon", "chi_square", "ks", "wasserstein"]
EDGES = [0.0, 1.0, 2.0, 4.0]
shares = st.lists(st.integers(0, 9), min_size=3, max_size=3).filter(any)


def parts(counts: list[int]) -> list[float]:
    return [count / sum(counts) for count in counts]


@pytest.mark.parametrize(
    ("method", "now", "then", "expected"),
    [
        ("psi", [0.5, 0.5, 0], [0.25, 0.75, 0], 0.25 * math.log(2) + 0.25 * math.log(1.5)),
        ("psi", [1, 0, 0], [0.5, 0.5, 0], 0.5 * math.log(2) + 0.4999 * math.log(5000)),
        ("kl", [0.5, 0.5, 0], [0.25, 0.75, 0], 0.5 * math.log(2) - 0.5 * math.log(1.5)),
        ("jensen_shannon", [1, 0, 0], [0, 0, 1], 1),
        ("chi_square", [0.5, 0.5, 0], [0.25, 0.75, 0], 0.0625 / 0.25 + 0.0625 / 0.75),
        ("ks", [1, 0, 0], [0, 0, 1], 1),
        ("ks", [0.5, 0, 0.5], [0, 1, 0], 0.5),
        ("wasserstein", [1, 0, 0], [0, 1, 0], 1),  # a bin of 1 moves up by 1
        ("wasserstein", [0, 1, 0], [0, 0, 1], 1.5),  # from the middle 1.5 to the middle 3
        ("wasserstein", [0, 1, 0], [0.5, 0, 0.5], 1),  # halves: 1.25 to 0.5, and 1.75 to 3
    ],
)
def test_distance_is_the_one_of_the_books(
    method: Any, now: list[float], then: list[float], expected: float
) -> None:
    assert distance(method, now, then, EDGES) == pytest.approx(expected)


@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=50, deadline=None)
@given(one=shares, other=shares)
def test_distance_is_0_for_equals_alone(method: Any, one: list[int], other: list[int]) -> None:
    assert distance(method, parts(one), parts(one), EDGES) == 0
    found = distance(method, parts(one), parts(other), EDGES)
    assert found >= 0
    assert (found > 1e-7) == (parts(one) != pytest.approx(parts(other)))


@pytest.mark.parametrize("method", [method for method in METHODS if method not in ORDERED])
@settings(max_examples=30, deadline=None)
@given(one=shares, other=shares)
def test_engines_add_up_the_same_terms(method: Any, one: list[int], other: list[int]) -> None:
    here, there = parts(one), parts(other)
    frame = nw.from_native(pl.LazyFrame({"p": here, "q": there}))
    some = frame.filter((nw.col("p") > 0) | (nw.col("q") > 0))
    found: pl.LazyFrame = some.select(term(method, nw.col("p"), nw.col("q")).sum()).to_native()
    total = found.collect().item()
    squared = distance(method, here, there) ** (2 if method == "jensen_shannon" else 1)
    assert total == pytest.approx(squared, abs=1e-12)
