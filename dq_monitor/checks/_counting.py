"""Counting rows for which something is true, in the form that every engine takes."""

from __future__ import annotations

from collections.abc import Sequence

import narwhals.stable.v2 as nw

_ONE, _NONE = nw.lit(1, nw.Int64), nw.lit(0, nw.Int64)


def count_of(condition: nw.Expr) -> nw.Expr:
    """Return how many rows a condition is true for; PostgreSQL casts no boolean to a number.

    In 64 bits: a plain 1 has 32 on Polars, and so would the sum.
    """
    return nw.when(condition).then(_ONE).otherwise(_NONE).sum()


def any_true(conditions: Sequence[nw.Expr]) -> nw.Expr:
    """Return whether one of the conditions is true; unknown ones are not."""
    known = [condition.fill_null(value=False) for condition in conditions]
    return nw.any_horizontal(*known, ignore_nulls=False)
