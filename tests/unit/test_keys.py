"""Keys are held against each other by value, whatever the widths of their types."""

from __future__ import annotations

from typing import Any

import narwhals.stable.v2 as nw
import polars as pl
import pytest

from dq_monitor.checks.foreign_key import ForeignKey
from dq_monitor.checks.unique import Unique


def missing(batch: pl.LazyFrame, others: pl.LazyFrame) -> pl.DataFrame:
    check = ForeignKey(column="a", references="t.a")
    found: Any = check.failing(nw.from_native(batch), nw.from_native(others)).to_native()
    return found.collect()  # type: ignore[no-any-return]  # a native frame is anything


@pytest.mark.parametrize(
    ("narrow", "wide", "cells", "there"),
    [
        (pl.Int16, pl.Int64, [1, 2], [2, 2**40]),
        (pl.UInt8, pl.Int32, [1, 2], [2, -1]),
        (pl.Float32, pl.Float64, [0.25, 0.5], [0.5]),
        (pl.Categorical, pl.String, ["a", "b"], ["b"]),
    ],
)
def test_keys_of_two_widths_are_the_same_keys(
    narrow: Any, wide: Any, cells: list[Any], there: list[Any]
) -> None:
    batch = pl.LazyFrame({"a": cells}, schema={"a": narrow})
    found = missing(batch, pl.LazyFrame({"a": there}, schema={"a": wide}))
    assert found.to_dict(as_series=False) == {"a": cells[:1]}
    assert found["a"].dtype == narrow


def test_keys_of_two_types_are_refused_by_name() -> None:
    batch, others = pl.LazyFrame({"a": [1]}), pl.LazyFrame({"a": ["1"]})
    with pytest.raises(ValueError, match="column 'a' is Int64 here and String where"):
        Unique(key=("a",)).failing(nw.from_native(batch), nw.from_native(others))
