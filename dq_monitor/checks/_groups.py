"""How often keys occur: the groups of a table by some of its columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw

from dq_monitor.expression.types import present
from dq_monitor.model.view import View

Rows = nw.LazyFrame[Any]
TIMES = "times"


@dataclass(frozen=True, slots=True)
class Tally:
    """How many rows have a key, how many keys there are, and how many rows repeat one."""

    rows: int
    keys: int
    repeating: int


def keyed(rows: Rows, columns: Sequence[str], view: View) -> Rows:
    """Return the keys of the rows that have one (no part null or NaN), as `k0`, `k1`, ..."""
    parts = [view.col(present(view, name)).alias(f"k{n}") for n, name in enumerate(columns)]
    keys = rows.select(*parts)
    return keys.filter(*(~nw.col(f"k{n}").is_null() for n in range(len(columns))))


def groups(rows: Rows, columns: Sequence[str], view: View) -> Rows:
    """Return each key once, and in `times` how often it occurs."""
    names = [f"k{n}" for n in range(len(columns))]
    return keyed(rows, columns, view).group_by(*names).agg(nw.len().alias(TIMES))


def tallied(rows: Rows, columns: Sequence[str], view: View) -> Rows:
    """Return one row, which `tally` reads."""
    times = nw.col(TIMES).cast(nw.Int64)
    repeats = nw.when(times > 1).then(times).otherwise(nw.lit(0, nw.Int64))
    return groups(rows, columns, view).select(
        times.sum().alias("rows"),
        nw.len().alias("keys"),
        repeats.sum().alias("repeating"),
    )


def tally(state: Mapping[str, Any]) -> Tally:
    """Return what the row of `tallied` says; sums over no rows are null on some engines."""
    return Tally(*(int(state[name] or 0) for name in ("rows", "keys", "repeating")))
