"""What a check is asked of: the columns and their types, the time, what lies around them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import narwhals.stable.v2 as nw


@dataclass(frozen=True, slots=True)
class Files:
    """The data files of a table, or of a staged batch: the size of each, in bytes."""

    sizes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Parts:
    """Expressions that rules share, by column name, in layers: the second reads the first.

    `polars` holds those that only Polars has, as its own expressions; they come before the others.
    `uses` counts how often each was asked for. With `wanted` only those are kept: a column for what
    one rule computes alone would cost and save nothing.
    """

    first: dict[str, nw.Expr] = field(default_factory=dict)
    second: dict[str, nw.Expr] = field(default_factory=dict)
    polars: dict[str, Any] = field(default_factory=dict)
    uses: Counter[str] = field(default_factory=Counter)
    wanted: frozenset[str] | None = None

    def add(self, name: str, expr: nw.Expr, *, of_part: bool) -> nw.Expr:
        """Keep `expr` if it is new and wanted; return the column that will hold it."""
        column = f"_dq_part:{name}"
        self.uses[column] += 1
        if self.wanted is not None and column not in self.wanted:
            return expr
        (self.second if of_part else self.first).setdefault(column, expr)
        return nw.col(column)

    def add_polars(self, name: str, expr: Any) -> nw.Expr:
        """Keep an expression of Polars if it is new; return the column that will hold it."""
        column = f"_dq_made:{name}"
        self.polars.setdefault(column, expr)
        return nw.col(column)

    @property
    def shared(self) -> frozenset[str]:
        """Return the parts that were asked for more than once."""
        return frozenset(column for column, times in self.uses.items() if times > 1)

    @property
    def names(self) -> tuple[str, ...]:
        """Return the columns that hold the parts."""
        return (*self.polars, *self.first, *self.second)


@dataclass(frozen=True, slots=True)
class View:
    """What a check may see while it is compiled: columns and types, the clock, never the rows.

    `now` is the write's own time (UTC), so a replayed batch is judged as on its day.
    `timezone` is how naive timestamps of this table are read. `engine` is the name of the engine
    that will run the expressions, for the few forms that are not the same on all. `before` is the
    schema of the stored table that a batch goes into, None where there is none, and `delivered`
    that of the batch before contract and table shaped it, None where nothing did; `files` is known
    only when a check is measured, and None where rows do not lie in files. `parts` collects what
    several rules compute, where the engine wants it computed once. `clocks` names, by column of
    instants, the column in which the engine shows them on the clocks of `timezone`.
    """

    schema: Mapping[str, nw.dtypes.DType]
    now: datetime
    timezone: str = "UTC"
    engine: str = "polars"
    before: Mapping[str, nw.dtypes.DType] | None = None
    delivered: Mapping[str, nw.dtypes.DType] | None = None
    files: Files | None = None
    parts: Parts | None = None
    clocks: Mapping[str, str] = field(default_factory=dict)

    def col(self, name: str) -> nw.Expr:
        """Return column `name` with NaN as null: Polars says NaN > 5 is true and would admit it."""
        column = nw.col(name)
        if not self.schema[name].is_float():
            return column
        return self.share(f"known:{name}", nw.when(~column.is_nan()).then(column))

    def share(self, name: str, expr: nw.Expr, *, of_part: bool = False) -> nw.Expr:
        """Return `expr`, computed once for all rules that call it `name`.

        Worth it for what costs more than a comparison and that many rules of a pack may want: a
        text's length, a match. `name` must say all that the expression depends on. `of_part` says
        that it is built on another shared part. Polars' streaming engine does not find equal
        subexpressions by itself: the same regex in 20 rules is searched 20 times.
        """
        return expr if self.parts is None else self.parts.add(name, expr, of_part=of_part)

    def made_by_polars(self, name: str, expr: Any) -> nw.Expr | None:
        """Return an expression that only Polars has as a column; None where another engine runs.

        For what no other form can do, or where it measures much better. `name` must say all that
        the expression depends on.
        """
        return None if self.parts is None else self.parts.add_polars(name, expr)
