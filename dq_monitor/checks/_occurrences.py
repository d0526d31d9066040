"""How often each value, or each combination of values, occurs: what the query checks begin with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import narwhals.stable.v2 as nw

from dq_monitor.expression.types import COMPARABLE, Type, Value, column
from dq_monitor.model.view import View

Rows = nw.LazyFrame[Any]
TIMES = "times"


def known(
    rows: Rows,
    view: View,
    names: Mapping[str, str],
    asked_by: str,
    beside: Mapping[str, nw.Expr] | None = None,
) -> Rows:
    """Return the columns that `names` maps to under their keys, of rows where none is null or NaN.

    What is `beside` comes with them and may be null. Raises ValueError for a column that is missing
    or cannot be compared.
    """
    values = {own: column(view, name, COMPARABLE, asked_by=asked_by) for own, name in names.items()}
    keys = {own: keyed(value) for own, value in values.items()}
    found = rows.select(**keys, **(beside or {}))
    return found.filter(*(~nw.col(own).is_null() for own in names))


def keyed(value: Value) -> nw.Expr:
    """Return a value as a key: ClickHouse counts 0.0 and -0.0 as two."""
    return value.expr + 0.0 if value.type is Type.FLOAT else value.expr


def counted(rows: Rows, *keys: str) -> Rows:
    """Return each combination of `keys` once, with how often it occurs, in floats, as `TIMES`."""
    found = rows.group_by(*keys).agg(nw.len().alias(TIMES))
    return found.with_columns(nw.col(TIMES).cast(nw.Float64))


def bits(counted_rows: Rows, name: str) -> Rows:
    """Return one row: the sum of n * log2(n) over the counts, of which entropies are made."""
    times = nw.col(TIMES)
    return counted_rows.select((times * times.log(2)).sum().alias(name))
