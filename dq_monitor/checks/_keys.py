"""Keys as set checks hold them against each other: by group and by join, never by row index."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import narwhals.stable.v2 as nw

from dq_monitor.expression_types import is_pattern, type_of

Keys = nw.LazyFrame[Any]


def known(keys: Keys, columns: Sequence[str]) -> Keys:
    """Return the key columns of the rows whose key has neither null nor NaN.

    A key with an unknown part is no key; a join would take NaN for equal to NaN.
    """
    schema = keys.collect_schema()
    for name in columns:
        if name not in schema:
            raise ValueError(f"no column {name!r} among the keys")
        if is_pattern(name):
            raise ValueError(f"column {name!r} cannot be read: Polars takes the name for a pattern")
    present = [~nw.col(name).is_null() for name in columns]
    present += [~nw.col(name).is_nan() for name in columns if schema[name].is_float()]
    return keys.select(*columns).filter(*present)


def repeated(keys: Keys, columns: Sequence[str]) -> Keys:
    """Return each key that occurs more than once, one time."""
    times = _free_name(columns)
    counted = keys.group_by(*columns).agg(nw.len().alias(times))
    return counted.filter(nw.col(times) > 1).select(*columns)


def found(keys: Keys, others: Keys, columns: Sequence[str]) -> Keys:
    """Return the keys that `others` have too."""
    return _joined(keys, others, columns, "semi")


def missing(keys: Keys, others: Keys, columns: Sequence[str]) -> Keys:
    """Return the keys that `others` do not have."""
    return _joined(keys, others, columns, "anti")


def _joined(keys: Keys, others: Keys, columns: Sequence[str], how: Literal["semi", "anti"]) -> Keys:
    here, there = keys.collect_schema(), others.collect_schema()
    for name in columns:
        if type_of(here[name]) is not type_of(there[name]):
            raise ValueError(
                f"column {name!r} is {here[name]} here and {there[name]} where it must exist"
            )
    # Engines refuse to join integers of two widths.
    widened = [n for n in columns if here[n].is_integer() and here[n] != there[n]]
    twins = [f"{_free_name(columns)}_{n}" if n in widened else n for n in columns]
    pairs = list(zip(twins, columns, strict=True))
    widen = [nw.col(n).cast(nw.Int64).alias(twin) for twin, n in pairs if n in widened]
    left, right = keys.with_columns(*widen), others.with_columns(*widen)
    return left.join(right.select(*twins), on=twins, how=how).select(*columns)


def _free_name(taken: Sequence[str]) -> str:
    return "n" if "n" not in taken else "n_" + "_".join(taken)
