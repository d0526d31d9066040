"""Keys as set checks hold them against each other: by group and by join, never by row index."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import narwhals.stable.v2 as nw

from dq_monitor.expression.types import Type, is_pattern, type_of
from dq_monitor.registry import suggest

Keys = nw.LazyFrame[Any]
DType = nw.dtypes.DType
_WIDE = {Type.INTEGER: nw.Int64(), Type.FLOAT: nw.Float64(), Type.STRING: nw.String()}


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
    times = _free_prefix(columns)
    counted = keys.group_by(*columns).agg(nw.len().alias(times))
    return counted.filter(nw.col(times) > 1).select(*columns)


def taken(keys: Keys, others: Keys | None, columns: Sequence[str]) -> Keys:
    """Return each key that occurs more than once or that `others` have too, one time."""
    batch = known(keys, columns)
    twice = repeated(batch, columns)
    if others is None:
        return twice
    stored = found(batch, known(others, columns), columns)
    return nw.concat([twice, stored]).unique(subset=list(columns))


def ambiguous(keys: Keys, others: Keys | None, by: Sequence[str], of: Sequence[str]) -> Keys:
    """Return each key whose part `by` occurs with more than one part `of`, there or in `others`."""
    columns = (*by, *of)
    pairs = known(keys, columns).unique(subset=list(columns))
    twice = found(pairs, repeated(pairs, by), by)
    if others is None:
        return twice
    stored = found(known(others, columns), pairs, by)
    differing = missing(stored, pairs, columns)
    return nw.concat([twice, found(pairs, differing, by)]).unique(subset=list(columns))


def found(keys: Keys, others: Keys, columns: Sequence[str]) -> Keys:
    """Return the keys that `others` have too, as far as `columns` go."""
    return _joined(keys, others, columns, "semi")


def missing(keys: Keys, others: Keys, columns: Sequence[str]) -> Keys:
    """Return the keys that `others` do not have, as far as `columns` go."""
    return _joined(keys, others, columns, "anti")


def _joined(keys: Keys, others: Keys, columns: Sequence[str], how: Literal["semi", "anti"]) -> Keys:
    here, there = keys.collect_schema(), others.collect_schema()
    # Engines refuse to join two types, even two widths: both sides get a twin to be joined on.
    types = {name: common_type(name, here[name], there[name]) for name in columns}
    prefix = _free_prefix([*here, *there])
    twins = [nw.col(n).cast(t).alias(f"{prefix}{n}") for n, t in types.items() if t is not None]
    on = [name if types[name] is None else f"{prefix}{name}" for name in columns]
    if twins:
        keys, others = keys.with_columns(*twins), others.with_columns(*twins)
    return keys.join(others.select(*on), on=on, how=how).select(*here)


def common_type(name: str, here: DType, there: DType) -> DType | None:
    """Return the type that a key column is joined as, None where that is its own."""
    if here == there:
        return None
    kinds = type_of(here), type_of(there)
    if Type.NULL in kinds:  # nothing but nulls: no key at all
        return there if kinds[0] is Type.NULL else here
    if kinds[0] is not kinds[1]:
        raise ValueError(f"column {name!r} is {here} here and {there} where it is looked up")
    return _WIDE.get(kinds[0])


def _free_prefix(taken: Sequence[str]) -> str:
    """Return what no column's name begins with: it is longer than each."""
    return "_".join(["n", *taken])
