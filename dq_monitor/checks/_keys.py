"""Keys as set checks hold them against each other: by group and by join, never by row index."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import narwhals.stable.v2 as nw

from dq_monitor.expression.types import is_pattern, type_of
from dq_monitor.registry import suggest

Keys = nw.LazyFrame[Any]


def known(keys: Keys, columns: Sequence[str]) -> Keys:
    """Return the key columns of the rows whose key has neither null nor NaN.

    A key with an unknown part is no key; a join would take NaN for equal to NaN.
    """
    schema = keys.collect_schema()
    for name in columns:
        if name not in schema:
            raise ValueError(f"no column {name!r}; {suggest(name, schema)}")
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
    # Engines refuse to join integers of two widths, so both get a wide twin to be joined on.
    narrow = [name for name in columns if here[name].is_integer() and here[name] != there[name]]
    on = [f"{_free_name(columns)}_{name}" if name in narrow else name for name in columns]
    twins = [nw.col(name).cast(nw.Int64).alias(f"{_free_name(columns)}_{name}") for name in narrow]
    if twins:
        keys, others = keys.with_columns(*twins), others.with_columns(*twins)
    return keys.join(others.select(*on), on=on, how=how).select(*columns)


def _free_name(taken: Sequence[str]) -> str:
    return "n" if "n" not in taken else "n_" + "_".join(taken)
