"""Counting rows for which something is true, in the form that every engine takes."""

from __future__ import annotations

import narwhals.stable.v2 as nw


def count_of(condition: nw.Expr) -> nw.Expr:
    """Return how many rows a condition is true for; PostgreSQL casts no boolean to a number."""
    return nw.when(condition).then(nw.lit(1)).otherwise(nw.lit(0)).sum()
