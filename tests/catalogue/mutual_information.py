"""`mutual_information` in plain Python."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable

import polars as pl
from hypothesis import strategies as st

from tests.catalogue.case import Case, Column, Rows, few, unknown


def entropy(times: Counter[object]) -> float:
    shares = [count / times.total() for count in times.values()]
    return sum(-p * math.log2(p) for p in shares)


def shared(*, normalised: bool) -> Callable[[Rows, Rows], float | None]:
    def oracle(rows: Rows, _: Rows) -> float | None:
        pairs = [(r["x"], r["y"]) for r in rows if not (unknown(r["x"]) or unknown(r["y"]))]
        if not pairs:
            return None
        both, one, other = (
            Counter(pairs),
            Counter(x for x, _ in pairs),
            Counter(y for _, y in pairs),
        )
        n = len(pairs)
        found = sum(
            count / n * math.log2(count * n / (one[x] * other[y])) for (x, y), count in both.items()
        )
        if not normalised:
            return found
        smaller = min(entropy(Counter(x for x, _ in pairs)), entropy(Counter(y for _, y in pairs)))
        return found / smaller if smaller else 0

    return oracle


def case(*, normalised: bool) -> Case:
    return Case(
        lambda n: {
            "mutual_information": {"column": n("x"), "other": n("y"), "normalised": normalised}
        },
        {"x": Column(pl.Int16, few), "y": Column(pl.String, st.sampled_from(["a", "b", ""]))},
        shared(normalised=normalised),
        max_rows=30,
    )


CASES = {"plain": case(normalised=False), "normalised": case(normalised=True)}
