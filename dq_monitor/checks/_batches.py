"""Questions that Polars answers best by a function of whole columns, a chunk of rows at a time."""

from __future__ import annotations

from collections.abc import Callable

import narwhals.stable.v2 as nw
import polars as pl

from dq_monitor.model.view import View

Function = Callable[[pl.Series], pl.Series]


def by_batch(
    view: View,
    column: str,
    name: str,
    function: Function,
    dtype: type[pl.DataType] = pl.Boolean,
) -> nw.Expr | None:
    """Return what `function` makes of a column of texts; None where another engine runs.

    `name` says what it is, beside the column. The function gets texts and nulls, any number of
    rows, and must answer each row, null for null. It must not raise.
    """
    texts = pl.col(column).cast(pl.String)
    made = texts.map_batches(function, dtype, is_elementwise=True)
    return view.made_by_polars(f"{name}({column})", made)


def of_distinct(judge: Callable[[str], bool]) -> Function:
    """Return a function of a column that judges each distinct text once, in Python."""

    def answers(texts: pl.Series) -> pl.Series:
        distinct = texts.drop_nulls().unique()
        judged = pl.Series([judge(text) for text in distinct], dtype=pl.Boolean)
        return texts.replace_strict(distinct, judged, default=None, return_dtype=pl.Boolean)

    return answers
