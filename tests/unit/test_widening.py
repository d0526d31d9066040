"""One type is wider than another when it holds each of its values unchanged, in parts too."""

from __future__ import annotations

import polars as pl
import pytest

from dq_monitor.model.widening import widens

NARROW = pl.Struct({"a": pl.Int32(), "b": pl.Null()})
WIDE = pl.Struct({"a": pl.Int64(), "b": pl.String()})


@pytest.mark.parametrize(
    ("narrow", "wide", "answer"),
    [
        (pl.Null(), pl.String(), True),
        (pl.List(pl.Null()), pl.List(pl.Float64()), True),
        (pl.Array(pl.Int8(), 2), pl.List(pl.Int16()), True),
        (pl.List(pl.Int64()), pl.List(pl.Int32()), False),
        (pl.List(pl.String()), pl.String(), False),
        (NARROW, WIDE, True),
        (WIDE, NARROW, False),
        (pl.List(NARROW), pl.List(WIDE), True),
        (NARROW, pl.Struct({"b": pl.String(), "a": pl.Int64()}), False),
        (NARROW, pl.Struct({"a": pl.Int64()}), False),
        (WIDE, WIDE, False),
        (pl.Struct({}), pl.Struct({}), False),
    ],
    ids=str,
)
def test_parts_are_held_by_parts(narrow: pl.DataType, wide: pl.DataType, *, answer: bool) -> None:
    assert widens(narrow, wide) is answer


def test_what_is_wider_holds_the_values() -> None:
    rows = pl.Series("v", [{"a": 1, "b": None}, None, {"a": None, "b": None}], dtype=NARROW)
    assert rows.cast(WIDE).to_list() == rows.to_list()
