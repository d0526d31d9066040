"""What the checks of outliers share: the values of the batch beside statistics of their groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import narwhals.stable.v2 as nw

from dq_monitor.checks._keys import Keys, known
from dq_monitor.checks._parameters import distinct
from dq_monitor.expression.types import NUMBERS, Value, require, type_of

# The square of a larger number is no number any more.
LARGEST = 1e150


def check_groups(by: Sequence[str], column: str) -> None:
    """Refuse groups by the value itself: it would be compared with its equals alone."""
    distinct(by)
    if column in by:
        raise ValueError(f"{column} is compared and stands in by: remove it there")


@dataclass(frozen=True, slots=True)
class Compared:
    """The values of a batch as floats, each beside the statistics of its group.

    Helper columns get names that no key has. Values that are infinite or beyond `LARGEST` belong to
    no statistic: they fail whatever the others are.
    """

    rows: Keys
    by: tuple[str, ...]
    column: str
    prefix: str

    def beside(self, **statistics: nw.Expr) -> Compared:
        """Return each row with the statistics of its group, under names that `of` knows."""
        named = [expr.alias(self.prefix + name) for name, expr in statistics.items()]
        if not self.by:
            return replace(self, rows=self.rows.join(self.rows.select(*named), how="cross"))
        keys = [f"{self.prefix}by_{number}" for number, _ in enumerate(self.by)]
        groups = self.rows.group_by(*keys).agg(*named)
        return replace(self, rows=self.rows.join(groups, on=keys, how="inner"))

    def having(self, **columns: nw.Expr) -> Compared:
        """Return each row with what it answers by itself."""
        named = [expr.alias(self.prefix + name) for name, expr in columns.items()]
        return replace(self, rows=self.rows.with_columns(*named))

    def of(self, name: str) -> nw.Expr:
        """Return what was added under `name`; `value` is there from the start."""
        return nw.col(self.prefix + name)

    def failing(self, wrong: nw.Expr) -> Keys:
        """Return the distinct keys that are `wrong`, and those whose value is endless."""
        columns = (*self.by, self.column)
        found = self.rows.filter((self.of("endless") == 1) | wrong)
        return found.select(*columns).unique(subset=list(columns))


def compared(keys: Keys, by: tuple[str, ...], column: str, asked_by: str) -> Compared:
    """Return the key columns of a batch; raise ValueError where `column` holds no numbers."""
    batch = known(keys, (*by, column))
    held = Value(nw.col(column), type_of(keys.collect_schema()[column]), f"column {column!r}")
    value = require(held, NUMBERS, asked_by).expr.cast(nw.Float64)
    sized = value.abs() < LARGEST
    rows = Compared(batch, by, column, _free_prefix((*by, column)))
    # DuckDB takes "a.b" for column b of table a when it groups, so groups go by names of ours.
    groups = {f"by_{number}": nw.col(name) for number, name in enumerate(by)}
    return rows.having(
        **groups,
        value=nw.when(sized).then(value),
        endless=nw.when(sized).then(nw.lit(0)).otherwise(nw.lit(1)),
    )


def _free_prefix(taken: Sequence[str]) -> str:
    prefix = "_"
    while any(name.startswith(prefix) for name in taken):
        prefix += "_"
    return prefix
