"""Rows of the batch beside the stored ones as series: each group in its order.

The stored rows are only what the batch is held against. A check names keys of the batch alone: a
stored row is never judged again, so a late row fails where it spoils what comes after it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw

from dq_monitor.checks._keys import Keys, common_type, known
from dq_monitor.expression.types import NUMBERS, TIMES, Type, articled, type_of

# Whether a row is of the batch: 1, and 0 for a stored one. Numbers, as they are to be aggregated.
NEW = "new"
ORDERED = NUMBERS | TIMES


@dataclass(frozen=True, slots=True)
class Series:
    """The rows of both, each column under a short name of its own: those of users may be any.

    `nothing` is set where a column holds nothing but nulls: then no row has a key, and none fails.
    """

    rows: Keys
    names: Mapping[str, str]
    types: Mapping[str, nw.dtypes.DType]
    nothing: bool = False

    def short(self, columns: Sequence[str]) -> list[str]:
        """Return the short names of columns."""
        return [self.names[name] for name in columns]

    def restored(self, failing: Keys) -> Keys:
        """Return failing keys, each once, under the columns' own names and types."""
        short = list(self.names.values())
        own = [
            nw.col(name).cast(self.types[column]).alias(column)
            if self.rows.collect_schema()[name] != self.types[column]
            else nw.col(name).alias(column)
            for column, name in self.names.items()
        ]
        return failing.select(*short).unique(subset=short).select(*own)


def series(keys: Keys, others: Keys | None, columns: Sequence[str]) -> Series:
    """Return the batch's rows and the stored ones with `NEW` telling them apart.

    Integers, floats and texts of two widths are brought together. Raises ValueError for a column
    that is missing or is of another type in the stored rows.
    """
    batch = known(keys, columns)
    types = dict(batch.collect_schema())
    names = {column: f"c{number}" for number, column in enumerate(columns)}
    if Type.NULL in map(type_of, types.values()):
        return Series(batch, names, types, nothing=True)
    stored = None if others is None else known(others, columns)
    wide = {} if stored is None else _wide(types, dict(stored.collect_schema()))
    rows = _named(batch, names, wide, new=1)
    if stored is not None:
        rows = nw.concat([rows, _named(stored, names, wide, new=0)])
    return Series(rows, names, types)


def require_types(series: Series, columns: Sequence[str], needs: Set[Type], asked_by: str) -> None:
    """Raise ValueError naming the first column that is of none of the types."""
    for name in columns:
        kind = type_of(series.types[name])
        if kind not in needs | {Type.NULL}:
            wanted = " or ".join(sorted(needs))
            raise ValueError(
                f"column {name!r} is {articled(kind)}, {asked_by} needs {articled(wanted)}"
            )


def previous(rows: Keys, by: Sequence[str], order: Sequence[str], **wanted: nw.Expr) -> Keys:
    """Add what each row's predecessor in its group holds; rows must differ in `by` and `order`."""
    return rows.with_columns(
        **{name: expr.shift(1).over(*by, order_by=list(order)) for name, expr in wanted.items()}
    )


def _wide(
    here: Mapping[str, nw.dtypes.DType], there: Mapping[str, nw.dtypes.DType]
) -> dict[str, nw.dtypes.DType]:
    common = {name: common_type(name, here[name], there[name]) for name in here}
    return {name: dtype for name, dtype in common.items() if dtype is not None}


def _named(
    rows: Keys, names: Mapping[str, str], wide: Mapping[str, nw.dtypes.DType], *, new: int
) -> nw.LazyFrame[Any]:
    parts = [
        (nw.col(column).cast(wide[column]) if column in wide else nw.col(column)).alias(name)
        for column, name in names.items()
    ]
    return rows.select(*parts, nw.lit(new, nw.Int64).alias(NEW))
