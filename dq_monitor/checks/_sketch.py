"""HyperLogLog on Polars: how many distinct keys there are, from 16,384 registers of their hashes.

A register holds the least of the hashes that fall to it, hence how many zeros the rarest one begins
with. The estimate is Ertl's (2017), which is as good for few keys as for many and needs no table of
corrections. Its standard error is 1.04 / sqrt(registers) = 0.81%; Polars' own `approx_n_unique` was
5% off at 3 million values.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import reduce
from itertools import pairwise
from typing import Any

import polars as pl

_INDEX_BITS = 14
_REGISTERS = 2**_INDEX_BITS
_HASH_BITS = 64 - _INDEX_BITS


def registers(keys: pl.LazyFrame, columns: Sequence[str]) -> pl.LazyFrame:
    """Return one row: how many registers have seen each number of leading zeros, at least."""
    parts = [pl.col(name).hash(seed=seed) for seed, name in enumerate(columns)]
    low = 2**_HASH_BITS
    hashed = keys.select(reduce(pl.Expr.xor, parts).alias("hash"))
    least = hashed.group_by(pl.col("hash") // low).agg((pl.col("hash") % low).min().alias("least"))
    zeros = [(pl.col("least") < 2**bits).sum() for bits in range(_HASH_BITS, -1, -1)]
    return least.select(count.alias(f"zeros{n}") for n, count in enumerate(zeros))


def estimate(state: Mapping[str, Any]) -> int:
    """Return how many keys made these registers."""
    at_least = [_REGISTERS, *(state[f"zeros{n}"] for n in range(_HASH_BITS + 1)), 0]
    ranks = [more - less for more, less in pairwise(at_least)]
    z = _REGISTERS * _tau(1 - ranks[-1] / _REGISTERS)
    for count in reversed(ranks[1:-1]):
        z = 0.5 * (z + count)
    z += _REGISTERS * _sigma(ranks[0] / _REGISTERS)
    return round(_REGISTERS**2 / (2 * math.log(2)) / z) if math.isfinite(z) else 0


def _sigma(x: float) -> float:
    if x == 1:
        return math.inf
    y, z, before = 1.0, x, -1.0
    while z != before:
        x, before = x * x, z
        z, y = z + x * y, y + y
    return z


def _tau(x: float) -> float:
    if x in {0, 1}:
        return 0.0
    y, z, before = 1.0, 1 - x, -1.0
    while z != before:
        x, before, y = math.sqrt(x), z, y / 2
        z -= (1 - x) ** 2 * y
    return z / 3
